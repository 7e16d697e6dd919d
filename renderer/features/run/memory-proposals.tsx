import { Button, Group } from '@mantine/core';
import type { ReactElement } from 'react';
import { useNavigate } from 'react-router';

import type { RunDetail } from '../../../electron/shared/contract/methods/runs.ts';
import type { ErrorBody } from '../../../electron/shared/contract/studio-error.ts';
import { memoryProposals } from '../../../electron/shared/domain/memory-proposals.ts';
import { formatBytes, formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { putCloneDraft } from '../../state/clone-run.ts';

const shown = (value: number | string): string => {
  if (typeof value === 'number') return formatNumber(value);
  return value === 'lora' ? 'LoRA' : value.toUpperCase();
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
      {proposals.map(({ field, value, peakBytes }) => (
        <Button
          key={`${field} ${String(value)}`}
          size="compact-sm"
          variant="default"
          onClick={() => {
            putCloneDraft(detail, words('copyName', { name: detail.name }), { [field]: value });
            void navigate('/new');
          }}
        >
          {words(peakBytes === undefined ? 'proposal.plain' : 'proposal.withPeak', {
            setting: words(`proposal.field.${field}`, {
              value: shown(value),
            }),
            peak: formatBytes(peakBytes ?? 0),
          })}
        </Button>
      ))}
    </Group>
  );
}
