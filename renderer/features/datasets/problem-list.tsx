import { Table, Text } from '@mantine/core';
import { IconAlertCircle, IconInfoCircle } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import { describeError } from '../../../electron/shared/contract/errors/index.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useErrorLanguage, useWords } from '../../i18n/use-words.ts';
import classes from './problem-list.module.css';

export type ProblemView = Readonly<{
  file: string;
  line?: number | null | undefined;
  record?: number | null | undefined;
  code: string;
  level: 'error' | 'warning';
  key?: string | null | undefined;
  detail?: string | null | undefined;
}>;

export type ProblemListProps = Readonly<{
  problems: readonly ProblemView[];
  /** How often each code was found in all. */
  counts: Readonly<Record<string, number>>;
}>;

/** Problems by kind: how many, what to do, and the first places. */
export function ProblemList({ problems, counts }: ProblemListProps): ReactElement {
  const words = useWords('datasets');
  const language = useErrorLanguage();
  const groups = groupByCode(problems);
  return (
    <div className={classes['groups']}>
      {groups.map(([code, found]) => {
        const [first] = found;
        if (first === undefined) return undefined;
        const count = counts[code] ?? found.length;
        const Sign = first.level === 'error' ? IconAlertCircle : IconInfoCircle;
        return (
          <section key={code} className={classes['group']} data-level={first.level}>
            <header>
              <Sign size={16} aria-hidden />
              <strong>
                {words(`level.${first.level}`)} · {words('times', { count: formatNumber(count) })}
              </strong>
              <Text component="span" fz="xs" ff="monospace" c="dimmed">
                {code}
              </Text>
            </header>
            <Text>{problemText(first, language).action}</Text>
            <Table withRowBorders={false} verticalSpacing={2} fz="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th w={160}>{words('problem.file')}</Table.Th>
                  <Table.Th w={80}>{words('problem.line')}</Table.Th>
                  <Table.Th>{words('problem.what')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {found.map((problem) => (
                  <Table.Tr
                    key={`${problem.file}:${placeOf(problem)}:${problem.key ?? ''}:${problem.detail ?? ''}`}
                  >
                    <Table.Td>{problem.file}</Table.Td>
                    <Table.Td>{placeOf(problem)}</Table.Td>
                    <Table.Td>{problemText(problem, language).message}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
            {count > found.length && (
              <Text fz="xs" c="dimmed">
                {words('andMore', { more: formatNumber(count - found.length) })}
              </Text>
            )}
          </section>
        );
      })}
    </div>
  );
}

function groupByCode(
  problems: readonly ProblemView[],
): readonly (readonly [code: string, found: readonly ProblemView[]])[] {
  const codes = [...new Set(problems.map((problem) => problem.code))];
  return codes.map((code) => [code, problems.filter((problem) => problem.code === code)]);
}

/** A problem of a whole file stands at no line. */
function placeOf({ line, record }: ProblemView): string {
  if (line !== undefined && line !== null) return String(line);
  return record !== undefined && record !== null ? `#${record + 1}` : '–';
}

export function problemText(
  problem: ProblemView,
  language: 'en' | 'zh',
): Readonly<{ message: string; cause: string; action: string }> {
  const { file, key, detail, code } = problem;
  const params = { file, line: placeOf(problem), key: key ?? '', detail: detail ?? '', reason: detail ?? '' };
  return describeError({ code, params }, language);
}
