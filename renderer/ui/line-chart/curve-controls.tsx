import { useState, type JSX } from 'react';

import { SegmentedControl, Slider, Text } from '@mantine/core';

import { useWords } from '../../i18n/use-words.ts';
import type { ValueScale } from './chart-series.ts';

export type CurveControlsProps = Readonly<{
  /** Weight of the moving average's past, from 0. */
  smoothing: number;
  onSmoothing: (smoothing: number) => void;
  scale: ValueScale;
  onScale: (scale: ValueScale) => void;
}>;

/** Heavier averages lag by hundreds of steps. */
const MOST_SMOOTHING = 0.99;

/** In the head of a chart: how smooth its curves are, and how its value axis counts. */
export function CurveControls(props: CurveControlsProps): JSX.Element {
  const { smoothing, onSmoothing, scale, onScale } = props;
  const words = useWords('chart');
  const [sliding, setSliding] = useState(smoothing);
  return (
    <>
      <Text fz="xs" c="dimmed">
        {words('smoothing')}
      </Text>
      <Slider
        w={90}
        size="xs"
        min={0}
        max={MOST_SMOOTHING}
        step={0.01}
        value={sliding}
        onChange={setSliding}
        onChangeEnd={onSmoothing}
        label={(value) => value.toFixed(2)}
        thumbLabel={words('smoothing')}
      />
      <SegmentedControl
        size="xs"
        aria-label={words('scale')}
        value={scale}
        onChange={(value) => onScale(value)}
        data={[
          { value: 'linear', label: words('linear') },
          { value: 'log', label: words('log') },
        ]}
      />
    </>
  );
}
