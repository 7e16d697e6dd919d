import { Text } from '@mantine/core';
import type { ReactElement } from 'react';

import type { DeviceMemoryView } from '../../../electron/shared/contract/methods/preflight.ts';
import { formatBytes } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import classes from './memory-bar.module.css';

const USED = ['weights', 'adapter', 'gradient', 'optimizer', 'activation', 'temporary', 'runtime'] as const;
const PARTS = [...USED, 'headroom'] as const;

export type MemoryBarProps = Readonly<{
  memory: DeviceMemoryView;
  /** Its parts are those of the bar above. */
  isAlike?: boolean;
}>;

/** One device's predicted memory as a stacked bar, with every part in words below it. */
export function MemoryBar({ memory, isAlike = false }: MemoryBarProps): ReactElement {
  const words = useWords('new-run');
  const used = USED.reduce((sum, part) => sum + memory[`${part}Bytes`], 0);
  const fits = memory.headroomBytes >= 0 && used <= memory.capacityBytes;
  const whole = Math.max(used, memory.capacityBytes, 1);
  return (
    <div className={classes['device']} data-fits={fits}>
      <div className={classes['head']}>
        <Text fw={600}>{memory.name === '' ? memory.device : `${memory.device} · ${memory.name}`}</Text>
        <Text>
          {words(fits ? 'memoryFits' : 'memoryOver', {
            used: formatBytes(used),
            capacity: formatBytes(memory.capacityBytes),
          })}
        </Text>
      </div>
      <div className={classes['bar']} aria-hidden>
        {PARTS.map((part) => (
          <span
            key={part}
            data-part={part}
            style={{ width: `${(Math.max(0, memory[`${part}Bytes`]) / whole) * 100}%` }}
          />
        ))}
      </div>
      {!isAlike && <Parts memory={memory} />}
    </div>
  );
}

function recomputeKey({ recomputedLayers, layers }: DeviceMemoryView): string {
  if (recomputedLayers === 0) return 'recompute.none';
  return recomputedLayers >= layers ? 'recompute.all' : 'recompute.some';
}

function Parts({ memory }: Readonly<{ memory: DeviceMemoryView }>): ReactElement {
  const words = useWords('new-run');
  return (
    <>
      <ul className={classes['legend']}>
        {PARTS.filter((part) => part !== 'adapter' || memory.adapterBytes > 0).map((part) => (
          <li key={part}>
            <span data-part={part} className={classes['swatch']} aria-hidden />
            {words(`memoryParts.${part}`)} {formatBytes(Math.max(0, memory[`${part}Bytes`]))}
          </li>
        ))}
      </ul>
      <Text fz="xs" c="dimmed" mt={2}>
        {words(`basis.${memory.basis}`, { precision: memory.precision })}{' '}
        {words(recomputeKey(memory), { recomputed: memory.recomputedLayers, layers: memory.layers })}
      </Text>
    </>
  );
}
