import { eachDot, GLYPH_ROWS, textColumns } from './pixel-font.ts';

export type Colour = readonly [red: number, green: number, blue: number];
type Point = Readonly<{ x: number; y: number }>;

/** A picture in memory, white at first; lines have smooth edges. Coordinates are pixels from the top left. */
export class RasterCanvas {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each pixel, row by row. */
  readonly pixels: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8Array(width * height * 3).fill(255);
  }

  /** One stroke: where it crosses itself it is not laid on twice. */
  polyline(points: readonly Point[], colour: Colour, lineWidth: number, opacity = 1): void {
    const cover = new Map<number, number>();
    for (let at = 1; at < points.length; at += 1) {
      const [from, to] = [points[at - 1], points[at]];
      if (from !== undefined && to !== undefined) this.#coverSegment(from, to, lineWidth / 2, cover);
    }
    for (const [pixel, share] of cover) this.#blend(pixel, colour, share * opacity);
  }

  dot(centre: Point, radius: number, colour: Colour): void {
    const cover = new Map<number, number>();
    this.#coverSegment(centre, centre, radius, cover);
    for (const [pixel, share] of cover) this.#blend(pixel, colour, share);
  }

  /** `anchor`: which end of the text `x` is; `y` is its middle. */
  text(text: string, place: Point, anchor: 'start' | 'middle' | 'end', colour: Colour, scale: number): void {
    const width = textColumns(text) * scale;
    const left = Math.round(place.x - (anchor === 'start' ? 0 : anchor === 'end' ? width : width / 2));
    const top = Math.round(place.y - (GLYPH_ROWS * scale) / 2);
    eachDot(text, (column, row) => {
      for (let dy = 0; dy < scale; dy += 1)
        for (let dx = 0; dx < scale; dx += 1) {
          const x = left + column * scale + dx;
          const y = top + row * scale + dy;
          if (x >= 0 && x < this.width && y >= 0 && y < this.height) {
            this.#blend(y * this.width + x, colour, 1);
          }
        }
    });
  }

  /** The share of each pixel that lies within `radius` of the segment. */
  #coverSegment(from: Point, to: Point, radius: number, cover: Map<number, number>): void {
    const reach = radius + 1;
    const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach));
    const right = Math.min(this.width - 1, Math.ceil(Math.max(from.x, to.x) + reach));
    const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach));
    const bottom = Math.min(this.height - 1, Math.ceil(Math.max(from.y, to.y) + reach));
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const squared = dx * dx + dy * dy;
    for (let y = top; y <= bottom; y += 1)
      for (let x = left; x <= right; x += 1) {
        const along = squared === 0 ? 0 : ((x - from.x) * dx + (y - from.y) * dy) / squared;
        const nearest = Math.min(1, Math.max(0, along));
        const distance = Math.hypot(x - from.x - nearest * dx, y - from.y - nearest * dy);
        const share = Math.min(1, Math.max(0, radius + 0.5 - distance));
        if (share === 0) continue;
        const pixel = y * this.width + x;
        cover.set(pixel, Math.max(share, cover.get(pixel) ?? 0));
      }
  }

  #blend(pixel: number, colour: Colour, share: number): void {
    colour.forEach((value, channel) => {
      const at = pixel * 3 + channel;
      const below = this.pixels[at] ?? 0;
      this.pixels[at] = Math.round(below + (value - below) * share);
    });
  }
}
