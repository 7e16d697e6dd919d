import { useMemo, type ReactElement } from 'react';

import { Anchor, Badge, Button, Group, Switch, Text } from '@mantine/core';
import { IconCopy } from '@tabler/icons-react';
import { Link } from 'react-router';

import type { RunDetail } from '../../../electron/shared/contract/methods/runs.ts';
import { isSame, settingRows } from '../../../electron/shared/domain/settings-difference.ts';
import { recipeSchema } from '../../../electron/shared/protocol/recipe.ts';
import { formatTime } from '../../i18n/format.ts';
import { settingLabel, useSettingWords, valueText } from '../../i18n/setting-words.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { useViewMemory } from '../../state/view-memory.ts';
import { ProfileFiles } from './profile-files.tsx';
import classes from './run.module.css';
import { DeviceFacts, PlanFacts } from './run-facts.tsx';

/** The recipe of a run against the defaults, and on what it ran. */
export function RunSettings({
  detail,
  onClone,
}: Readonly<{ detail: RunDetail; onClone: () => void }>): ReactElement {
  const words = useWords('run');
  const settingWords = useSettingWords();
  const language = useLanguage();
  const [onlyChanged, setOnlyChanged] = useViewMemory('run.onlyChanged', true);
  const rows = useMemo(() => {
    const { model, dataset } = detail.recipe;
    return settingRows([detail.recipe, recipeSchema.parse({ model, dataset })]);
  }, [detail.recipe]);
  const shown = rows.filter(
    ({ path, values }) =>
      !onlyChanged || path === 'model' || path === 'dataset' || !isSame(values[0], values[1]),
  );
  return (
    <div>
      <Group justify="space-between" mb={8}>
        <Switch
          checked={onlyChanged}
          onChange={(event) => setOnlyChanged(event.currentTarget.checked)}
          label={words('settings.onlyChanged')}
        />
        <Button variant="default" leftSection={<IconCopy size={16} aria-hidden />} onClick={onClone}>
          {words('action.clone')}
        </Button>
      </Group>
      <table className={classes['table']}>
        <thead>
          <tr>
            <th scope="col">{words('settings.setting')}</th>
            <th scope="col">{words('settings.here')}</th>
            <th scope="col">{words('settings.default')}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ path, values: [here, standard] }) => (
            <tr key={path}>
              <td>
                {settingLabel(path, settingWords)} <code className={classes['path']}>{path}</code>
              </td>
              <td className={isSame(here, standard) ? undefined : classes['changed']}>
                {path === 'model' ? (
                  <span title={detail.modelPath}>{detail.modelName}</span>
                ) : path === 'dataset' ? (
                  <DatasetName detail={detail} />
                ) : (
                  valueText(here, path, settingWords)
                )}
                {path !== 'model' && path !== 'dataset' && !isSame(here, standard) && (
                  <Badge size="xs" variant="light" ml={8} tt="none">
                    {words('settings.changed')}
                  </Badge>
                )}
              </td>
              <td>
                {path === 'model' || path === 'dataset' ? '—' : valueText(standard, path, settingWords)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <DeviceFacts device={detail.device} />
      <PlanFacts plan={detail.plan} />
      <ProfileFiles detail={detail} />
      <Text fw={600} mt="md">
        {words('settings.attempts')}
      </Text>
      <table className={classes['table']}>
        <tbody>
          {detail.attemptList.map((attempt) => (
            <tr key={attempt.number}>
              <td>{words('log.attemptN', { number: attempt.number })}</td>
              <td>{formatTime(attempt.createdAtMs, language)}</td>
              <td>
                {attempt.resumedFromStep === undefined
                  ? words('settings.fromStart')
                  : words('settings.fromStep', { step: attempt.resumedFromStep })}
              </td>
              <td>
                <code>{attempt.dir}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The rows of a dataset of the library are one click away; a file that was named by its path has none. */
function DatasetName({ detail }: Readonly<{ detail: RunDetail }>): ReactElement {
  const { datasetId, datasetName, datasetPath } = detail;
  if (datasetId === undefined) return <span title={datasetPath}>{datasetName}</span>;
  return (
    <Anchor component={Link} to={`/datasets/${encodeURIComponent(datasetId)}`} title={datasetPath}>
      {datasetName}
    </Anchor>
  );
}
