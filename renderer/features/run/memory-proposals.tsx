import { Button, Group } from '@mantine/core';
import type { ReactElement } from 'react';
import { useNavigate } from 'react-router';

import type { RunDetail } from '../../../electron/shared/contract/methods/runs.ts';
import type { ErrorBody } from '../../../electron/shared/contract/studio-error.ts';
import { memoryProposals, type MemoryProposal } from '../../../electron/shared/domain/memory-proposals.ts';
import { formatBytes, formatNumber } from '../../i18n/format.ts';
import { useWords, type Words } from '../../i18n/use-words.ts';
import { putCloneDraft } from '../../state/clone-run.ts';

const shown = (value: number | string): string => {
  if (typeof value === 'number') return formatNumber(value);
  return value === 'lora' ? 'LoRA' : value.toUpperCase();
};

/** The error with its proposals in a person's words; the engine names them as a recipe file does. */
export function inWords(error: ErrorBody, words: Words): ErrorBody {
  const proposals = memoryProposals(error);
  if (proposals.length === 0) return error;
  return { ...error, params: { ...error.params, settings: proposals.map((one) => settingOf(one, words)) } };
}

const settingOf = ({ field, value, peakBytes }: MemoryProposal, words: Words): string => {
  const setting = words(`proposal.field.${field}`, {
    value: shown(value),
  });
  return peakBytes === undefined
    ? setting
    : words('proposal.peak', { setting, peak: formatBytes(peakBytes) });
};

/** What would make a run fit that ran out of memory: each button opens a new run with it. */
export function MemoryProposals({
  detail,
  error,
}: Readonly<{ detail: RunDetail; error: ErrorBody }>): ReactElement | null {
  const words = useWords('run');
  const navigate = useNavigate();
  const proposals = memoryProposals(error);
  if (proposals.length === 0) return null;
  return (
    <Group gap="xs">
      {proposals.map((proposal) => (
        <Button
          key={`${proposal.field} ${String(proposal.value)}`}
          size="compact-sm"
          variant="default"
          onClick={() => {
            putCloneDraft(detail, words('copyName', { name: detail.name }), {
              [proposal.field]: proposal.value,
            });
            void navigate('/new');
          }}
        >
          {words('proposal.plain', { setting: settingOf(proposal, words) })}
        </Button>
      ))}
    </Group>
  );
}
