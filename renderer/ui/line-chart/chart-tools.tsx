import { memo, type JSX, type RefObject } from 'react';

import { ActionIcon, Tooltip } from '@mantine/core';
import { IconArrowsMaximize, IconZoomReset } from '@tabler/icons-react';

import { useWords } from '../../i18n/use-words.ts';
import type { Tokens } from '../../theme/tokens.ts';
import { chartCsv } from './chart-csv.ts';
import { ChartExportMenu } from './chart-export-menu.tsx';
import type { LegendEntry } from './chart-file.ts';
import type { ChartSeries, StepRange } from './chart-series.ts';

/** What a chart's files are made of, as it is drawn now. */
export type ChartExports = Readonly<{
  title: string;
  legend: readonly LegendEntry[];
  series: readonly ChartSeries[];
  csv: (() => Promise<string>) | undefined;
  tokens: Tokens;
}>;

export type ChartToolsProps = Readonly<{
  title: string;
  isZoomed: boolean;
  onZoom: ((range: StepRange | undefined) => void) | undefined;
  isFull: boolean;
  setFull: (isFull: boolean) => void;
  exported: RefObject<ChartExports>;
  drawn: RefObject<HTMLDivElement | null>;
}>;

/** The buttons in the corner of a chart. What they save is read when it is saved: new points do not draw them anew. */
export const ChartTools = memo(function ChartTools(props: ChartToolsProps): JSX.Element {
  const { title, isZoomed, onZoom, isFull, setFull, exported, drawn } = props;
  const words = useWords('chart');
  return (
    <>
      {isZoomed && onZoom !== undefined && (
        <Tooltip label={words('showAll')}>
          <ActionIcon size="sm" aria-label={words('showAll')} onClick={() => onZoom(undefined)}>
            <IconZoomReset size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
      {!isFull && (
        <ActionIcon size="sm" aria-label={words('enlarge', { title })} onClick={() => setFull(true)}>
          <IconArrowsMaximize size={16} aria-hidden />
        </ActionIcon>
      )}
      <ChartExportMenu
        title={title}
        picture={() => {
          const { legend, tokens } = exported.current;
          return { title, legend, background: tokens.panel, ink: tokens.ink };
        }}
        chart={() => drawn.current?.querySelector<SVGSVGElement>('svg.recharts-surface') ?? undefined}
        csv={() => {
          const { csv, series } = exported.current;
          return csv === undefined ? Promise.resolve(chartCsv(series)) : csv();
        }}
      />
    </>
  );
});
