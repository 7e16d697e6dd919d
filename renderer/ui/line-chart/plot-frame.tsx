import {
  useRef,
  useState,
  type JSX,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  type RefObject,
} from 'react';

import type { PlotGeometry } from './chart-layers.tsx';
import type { ChartMark, ChartSeries, StepRange } from './chart-series.ts';
import { HoverLayer } from './hover-layer.tsx';
import classes from './line-chart.module.css';
import { nearestStep, nextStep } from './reading-step.ts';

export type PlotFrameProps = Readonly<{
  title: string;
  geometry: RefObject<PlotGeometry | undefined>;
  range: StepRange;
  series: readonly ChartSeries[];
  marks: readonly ChartMark[];
  formatValue: (value: number) => string;
  /** With undefined the whole run; without it the chart cannot be zoomed. */
  onZoom: ((range: StepRange | undefined) => void) | undefined;
  children: ReactNode;
}>;

type Drag = Readonly<{ from: number; to: number }>;

/** A shorter drag is a click with an unsteady hand. */
const LEAST_DRAG_PX = 6;
/** Share of the range that one press of + or − takes away or adds at each side. */
const KEY_SHARE = 0.25;

/**
 * Around a drawing: the readings at the pointer, drag to zoom, double click for everything. On the keyboard ← and →
 * move the readings from point to point, Home and End to the ends; + − 0 zoom.
 */
export function PlotFrame(props: PlotFrameProps): JSX.Element {
  const { geometry, range, series, marks, formatValue, onZoom, children, title } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Drag | undefined>(undefined);
  const [hovered, setHovered] = useState<number | undefined>(undefined);

  const positionOf = (event: PointerEvent): number | undefined => {
    const plot = geometry.current;
    const left = frame.current?.getBoundingClientRect().left;
    if (plot === undefined || left === undefined) return undefined;
    return Math.min(Math.max(event.clientX - left, plot.left), plot.left + plot.width);
  };
  const begin = (event: PointerEvent): void => {
    const at = positionOf(event);
    if (onZoom === undefined || event.button !== 0 || at === undefined) return;
    setDrag({ from: at, to: at });
  };
  const move = (event: PointerEvent): void => {
    const at = positionOf(event);
    const plot = geometry.current;
    if (at === undefined || plot === undefined) return;
    setHovered(nearestStep(series, plot.stepAt(at)));
    if (drag === undefined) return;
    if (event.buttons === 0) setDrag(undefined);
    else setDrag({ ...drag, to: at });
  };
  const end = (): void => {
    setDrag(undefined);
    const plot = geometry.current;
    if (drag === undefined || plot === undefined || Math.abs(drag.to - drag.from) < LEAST_DRAG_PX) return;
    const from = Math.max(0, Math.round(plot.stepAt(Math.min(drag.from, drag.to))));
    const to = Math.round(plot.stepAt(Math.max(drag.from, drag.to)));
    if (to > from) onZoom?.({ from, to });
  };
  const leave = (): void => {
    setDrag(undefined);
    setHovered(undefined);
  };
  const zoomBy = (key: string): boolean => {
    const span = range.to - range.from;
    const by = Math.round(span * KEY_SHARE);
    if (key === '0') onZoom?.(undefined);
    else if (key === '+' || key === '=') {
      if (by > 0 && span - 2 * by > 1) onZoom?.({ from: range.from + by, to: range.to - by });
    } else if (key === '-') onZoom?.({ from: Math.max(0, range.from - by), to: range.to + Math.max(by, 1) });
    else return false;
    return true;
  };
  const moveReadings = (key: string): boolean => {
    const [from, to] = [range.from, range.to];
    const inRange = (step: number | undefined): step is number =>
      step !== undefined && step >= from && step <= to;
    const isArrow = key === 'ArrowLeft' || key === 'ArrowRight';
    if (!isArrow && key !== 'Home' && key !== 'End') return false;
    const target =
      isArrow && hovered !== undefined
        ? nextStep(series, hovered, key === 'ArrowRight')
        : nearestStep(series, key === 'Home' || key === 'ArrowRight' ? from : to);
    if (inRange(target)) setHovered(target);
    return true;
  };
  const press = (event: KeyboardEvent): void => {
    if (moveReadings(event.key) || (onZoom !== undefined && zoomBy(event.key))) event.preventDefault();
  };
  const plot = geometry.current;
  return (
    <div
      ref={frame}
      className={classes['zoom']}
      data-zoomable={onZoom !== undefined}
      data-from-step={range.from}
      data-to-step={range.to}
      role="application"
      aria-label={title}
      tabIndex={0}
      onPointerDown={begin}
      onPointerMove={move}
      onPointerUp={end}
      onPointerLeave={leave}
      onBlur={() => setHovered(undefined)}
      onDoubleClick={() => onZoom?.(undefined)}
      onKeyDown={press}
    >
      {children}
      {hovered !== undefined && plot !== undefined && (
        <HoverLayer step={hovered} {...{ plot, series, marks, formatValue }} />
      )}
      {drag !== undefined && plot !== undefined && Math.abs(drag.to - drag.from) >= LEAST_DRAG_PX && (
        <div
          className={classes['selection']}
          style={{
            left: Math.min(drag.from, drag.to),
            width: Math.abs(drag.to - drag.from),
            top: plot.top,
            height: plot.height,
          }}
        />
      )}
    </div>
  );
}
