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
import type { StepRange } from './chart-series.ts';
import classes from './line-chart.module.css';

export type ZoomAreaProps = Readonly<{
  geometry: RefObject<PlotGeometry | undefined>;
  range: StepRange;
  /** Undefined: the whole run. */
  onZoom: ((range: StepRange | undefined) => void) | undefined;
  children: ReactNode;
}>;

type Drag = Readonly<{ from: number; to: number }>;

/** A shorter drag is a click with an unsteady hand. */
const LEAST_DRAG_PX = 6;
/** Share of the range that one press of + or − takes away or adds at each side. */
const KEY_SHARE = 0.25;

/** Around a chart: drag to zoom, double click for everything; + − 0 on the keyboard. */
export function ZoomArea({ geometry, range, onZoom, children }: ZoomAreaProps): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Drag | undefined>(undefined);
  if (onZoom === undefined) return <div ref={frame}>{children}</div>;

  const positionOf = (event: PointerEvent): number | undefined => {
    const plot = geometry.current;
    const left = frame.current?.getBoundingClientRect().left;
    if (plot === undefined || left === undefined) return undefined;
    return Math.min(Math.max(event.clientX - left, plot.left), plot.left + plot.width);
  };
  const begin = (event: PointerEvent): void => {
    const at = positionOf(event);
    if (event.button !== 0 || at === undefined) return;
    setDrag({ from: at, to: at });
  };
  const move = (event: PointerEvent): void => {
    const at = positionOf(event);
    if (drag === undefined || at === undefined) return;
    if (event.buttons === 0) setDrag(undefined);
    else setDrag({ ...drag, to: at });
  };
  const end = (): void => {
    setDrag(undefined);
    const plot = geometry.current;
    if (drag === undefined || plot === undefined || Math.abs(drag.to - drag.from) < LEAST_DRAG_PX) return;
    const from = Math.max(0, Math.round(plot.stepAt(Math.min(drag.from, drag.to))));
    const to = Math.round(plot.stepAt(Math.max(drag.from, drag.to)));
    if (to > from) onZoom({ from, to });
  };
  const press = (event: KeyboardEvent): void => {
    const span = range.to - range.from;
    const by = Math.round(span * KEY_SHARE);
    if (event.key === '0') onZoom(undefined);
    else if (event.key === '+' || event.key === '=') {
      if (by > 0 && span - 2 * by > 1) onZoom({ from: range.from + by, to: range.to - by });
    } else if (event.key === '-')
      onZoom({ from: Math.max(0, range.from - by), to: range.to + Math.max(by, 1) });
    else return;
    event.preventDefault();
  };
  const plot = geometry.current;
  return (
    // The drawing inside takes the keyboard; this listens to what it leaves alone.
    <div
      ref={frame}
      className={classes['zoom']}
      onPointerDown={begin}
      onPointerMove={move}
      onPointerUp={end}
      onPointerLeave={() => setDrag(undefined)}
      onDoubleClick={() => onZoom(undefined)}
      onKeyDown={press}
    >
      {children}
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
