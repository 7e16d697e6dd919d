import { Code, Stack, Text, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import type { ModelDetail } from '../../../electron/shared/contract/methods/models.ts';
import { TEMPLATE_ALIASES, TEMPLATE_FAMILIES } from '../../../electron/shared/domain/chat-templates.ts';
import {
  templateInspectionSchema,
  type TemplateInspection,
} from '../../../electron/shared/protocol/template-inspection.ts';
import { useAction } from '../../api/hooks.ts';
import { useJob } from '../../api/use-job.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import classes from './models.module.css';

/** `InternLM2 · 2.5 · 3 — internlm2`: whose template it is, and what a recipe calls it. */
const templateName = (template: string): string => {
  const models = TEMPLATE_FAMILIES[TEMPLATE_ALIASES[template] ?? template];
  return models === undefined ? template : `${models} — ${template}`;
};

/** A model's chat template, looked at when a person opens it: verdict, a sample with its mask, the text itself. */
export function ModelTemplate({ model }: Readonly<{ model: ModelDetail }>): ReactElement {
  const words = useWords('models');
  const [isOpen, setOpen] = useState(false);
  const look = useAction('models.template');
  const { job } = useJob(look.data?.jobId);
  const found = templateInspectionSchema.safeParse(job?.result);
  const failure = look.error ?? job?.error;
  const guess = model.facts?.template;
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  const ask = (): void => look.mutate({ model: model.id });
  return (
    <div>
      <UnstyledButton
        aria-expanded={isOpen}
        className={classes['fold'] ?? ''}
        onClick={() => {
          if (!isOpen) ask();
          setOpen(!isOpen);
        }}
      >
        <Chevron size={14} aria-hidden />
        {words('template.fold')}
      </UnstyledButton>
      {!isOpen && guess !== undefined && (
        <Text c="dimmed" mt={4}>
          {words('template.guess', { name: templateName(guess) })}
        </Text>
      )}
      {isOpen && (
        <div className={classes['template']}>
          {failure !== undefined && <ErrorNote error={failure} onRetry={ask} />}
          {failure === undefined && !found.success && (
            <>
              <Text c="dimmed" role="status">
                {words('template.looking')}
              </Text>
              <Skeletons rows={4} />
            </>
          )}
          {failure === undefined && found.success && <Inspection found={found.data} />}
        </div>
      )}
    </div>
  );
}

function Inspection({ found }: Readonly<{ found: TemplateInspection }>): ReactElement {
  const words = useWords('models');
  const { error, file, others, stop, text, textCharacters, verdict } = found;
  const name = found.template === null ? '' : templateName(found.template);
  const isUnknown = verdict === 'absent' && found.template === null;
  return (
    <Stack gap="sm">
      <Text role="status">{words(`template.verdict.${isUnknown ? 'unknown' : verdict}`, { name })}</Text>
      {verdict === 'own' && <Text c="dimmed">{words('template.ownHint')}</Text>}
      {verdict === 'refused' && error !== null && (
        <ErrorNote
          error={{
            code: error.code,
            params: error.params,
            ...(error.detail === null ? {} : { detail: error.detail }),
          }}
        />
      )}
      {found.sample !== null && <Sample segments={found.sample} />}
      {found.ownThinking !== null && (
        <dl className={classes['facts']}>
          <div>
            <dt>{words('template.stop')}</dt>
            <dd>
              <code>{stop.join(' ')}</code>
            </dd>
          </div>
          <div>
            <dt>{words('template.thinking')}</dt>
            <dd>
              <Thinking thought={found.thought} />
            </dd>
          </div>
        </dl>
      )}
      {text !== null && (
        <div>
          <Text fw={600} mb={4}>
            {words('template.text', { file })}
          </Text>
          <Code block mah={260} className={classes['templateText'] ?? ''} tabIndex={0}>
            {text}
          </Code>
          {textCharacters > text.length && (
            <Text c="dimmed">{words('template.cut', { count: formatNumber(textCharacters) })}</Text>
          )}
          {others.length > 0 && (
            <Text c="dimmed">{words('template.others', { names: others.join(', ') })}</Text>
          )}
        </div>
      )}
    </Stack>
  );
}

function Thinking({ thought }: Pick<TemplateInspection, 'thought'>): ReactElement {
  const words = useWords('models');
  const kind = thought === null ? 'none' : thought.dropsPast ? 'dropsPast' : 'keep';
  return (
    <>
      {words(`template.thought.${kind}`, {
        opening: thought?.opening.trim(),
        closing: thought?.closing.trim(),
      })}
      <Text c="dimmed">{words('template.modes')}</Text>
    </>
  );
}

/** What a run sees of a chat: every character of it, the learned ones marked by more than colour. */
function Sample({
  segments,
}: Readonly<{ segments: NonNullable<TemplateInspection['sample']> }>): ReactElement {
  const words = useWords('models');
  return (
    <div>
      <Text fw={600}>{words('template.sample')}</Text>
      <Text c="dimmed" mb={4}>
        {words('template.sampleHint')}
      </Text>
      <pre className={classes['sample']} tabIndex={0} aria-label={words('template.sample')}>
        {segments.map(({ isAnswer, isSpecial, text }, index) => {
          const inner = isSpecial ? <code>{text}</code> : text;
          return isAnswer ? (
            <mark key={index} title={words('template.learned')}>
              {inner}
            </mark>
          ) : (
            <span key={index}>{inner}</span>
          );
        })}
      </pre>
    </div>
  );
}
