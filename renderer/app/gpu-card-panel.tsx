import { Anchor } from '@mantine/core';
import { useMemo, type ReactElement } from 'react';
import { Link } from 'react-router';

import type { GpuCard, GpuSample, GpuTelemetry } from '../../electron/shared/contract/methods/gpu.ts';
import { cardGigabytes, formatNumber } from '../i18n/format.ts';
import { useWords } from '../i18n/use-words.ts';
import { Panel } from '../ui/panel.tsx';
import { Quantity } from '../ui/quantity.tsx';
import { TimeTrace } from '../ui/time-trace.tsx';
import classes from './gpu-card-panel.module.css';
import { useGpuDrawer } from './gpu-drawer-state.ts';

/** The chips ask every 5 s, and a slow driver takes as long again; more than that is a time nobody looked. */
const GAP_MS = 15_000;
/** Cards throttle below this; a scale that grows with the value would make 40 °C look hot. */
const HOT_CELSIUS = 100;

type Gauge = Readonly<{
  id: 'memory' | 'utilisation' | 'temperature' | 'power';
  value: string | undefined;
  unit: string;
  top: number | undefined;
  valueOf: (sample: GpuSample) => number | undefined;
  format: (value: number) => string;
}>;

const gaugesOf = (card: GpuCard): readonly Gauge[] => {
  const whole = (value: number): string => formatNumber(value);
  const percent = (value: number): string => formatNumber(value * 100);
  const { memoryUsedBytes: used, memoryTotalBytes: total, powerWatts: power, powerLimitWatts: limit } = card;
  return [
    {
      id: 'memory',
      value:
        used === undefined
          ? undefined
          : `${cardGigabytes(used)}${total === undefined ? '' : `/${cardGigabytes(total)}`}`,
      unit: 'GB',
      top: total,
      valueOf: (sample) => sample.memoryBytes,
      format: cardGigabytes,
    },
    {
      id: 'utilisation',
      value: card.utilisation === undefined ? undefined : percent(card.utilisation),
      unit: '%',
      top: 1,
      valueOf: (sample) => sample.utilisation,
      format: percent,
    },
    {
      id: 'temperature',
      value: card.temperatureCelsius === undefined ? undefined : whole(card.temperatureCelsius),
      unit: '°C',
      top: HOT_CELSIUS,
      valueOf: (sample) => sample.temperatureCelsius,
      format: whole,
    },
    {
      id: 'power',
      value:
        power === undefined ? undefined : `${whole(power)}${limit === undefined ? '' : `/${whole(limit)}`}`,
      unit: 'W',
      top: limit,
      valueOf: (sample) => sample.powerWatts,
      format: whole,
    },
  ];
};

export type GpuCardPanelProps = Readonly<{ card: GpuCard; telemetry: GpuTelemetry }>;

/** One card: four figures with their last minutes, and the processes that hold its memory. */
export function GpuCardPanel({ card, telemetry }: GpuCardPanelProps): ReactElement {
  const words = useWords('gpu');
  const samples = telemetry.history.find(({ uuid }) => uuid === card.uuid)?.samples ?? [];
  const facts = [
    card.computeCapability === undefined
      ? undefined
      : words('capability', { capability: card.computeCapability }),
    card.pciBusId === undefined ? undefined : `PCI ${card.pciBusId.replace(/^0+:/u, '')}`,
    card.displayActive === true ? words('display') : undefined,
    card.mig === true ? words('mig') : undefined,
  ].filter((fact) => fact !== undefined);
  return (
    <Panel
      title={
        <h3 className={classes['name']}>
          <span className={classes['index']}>{`GPU${String(card.index)}`}</span> {card.name}
        </h3>
      }
    >
      <div className={classes['facts']}>
        <code>{card.uuid}</code>
        {facts.length > 0 && <div>{facts.join(' · ')}</div>}
      </div>
      <div className={classes['gauges']}>
        {gaugesOf(card).map((gauge) => (
          <GaugeRow key={gauge.id} gauge={gauge} samples={samples} telemetry={telemetry} />
        ))}
      </div>
      <Processes card={card} telemetry={telemetry} />
    </Panel>
  );
}

function GaugeRow({
  gauge,
  samples,
  telemetry,
}: Readonly<{ gauge: Gauge; samples: readonly GpuSample[]; telemetry: GpuTelemetry }>): ReactElement {
  const words = useWords('gpu');
  const { id, value, unit, top, valueOf, format } = gauge;
  const points = useMemo(
    () => samples.map((sample) => ({ atMs: sample.atMs, value: valueOf(sample) })),
    [samples, valueOf],
  );
  const known = points.flatMap((point) => (point.value === undefined ? [] : [point.value]));
  const name = words(`gauge.${id}`);
  const label =
    known.length === 0
      ? words('traceEmpty', { name })
      : words('trace', {
          name,
          minutes: telemetry.windowMs / 60_000,
          lowest: format(Math.min(...known)),
          highest: format(Math.max(...known)),
          unit,
        });
  return (
    <>
      <span>{name}</span>
      <span className={classes['value']}>
        {value === undefined ? (
          <span className={classes['untold']}>{words('untold')}</span>
        ) : (
          <Quantity value={value} unit={unit} />
        )}
      </span>
      <TimeTrace
        points={points}
        fromMs={telemetry.atMs - telemetry.windowMs}
        toMs={telemetry.atMs}
        top={top}
        gapMs={GAP_MS}
        label={label}
      />
    </>
  );
}

function Processes({ card, telemetry }: GpuCardPanelProps): ReactElement {
  const words = useWords('gpu');
  const { close } = useGpuDrawer();
  const holding = telemetry.processes?.filter(({ gpuUuid }) => gpuUuid === card.uuid);
  return (
    <div className={classes['processes']}>
      <h4>{words('processes')}</h4>
      {holding === undefined && <p>{words('processesUntold')}</p>}
      {holding?.length === 0 && <p>{words('noProcess')}</p>}
      {holding !== undefined && holding.length > 0 && (
        <ul>
          {holding.map(({ pid, name, memoryBytes, run }) => (
            <li key={pid}>
              <span className={classes['program']} title={name}>
                {run === undefined ? (
                  lastPart(name)
                ) : (
                  <Anchor component={Link} to={`/runs/${run.id}`} onClick={close}>
                    {run.name}
                  </Anchor>
                )}
              </span>
              <span className={classes['pid']}>{`PID ${String(pid)}`}</span>
              <span className={classes['held']}>
                {memoryBytes === undefined ? '—' : <Quantity value={cardGigabytes(memoryBytes)} unit="GB" />}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The program of a path, of either system. */
const lastPart = (name: string): string => name.split(/[/\\]/u).at(-1) ?? name;
