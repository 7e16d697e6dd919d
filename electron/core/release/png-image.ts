import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const BIT_DEPTH = 8;
const INDEXED = 3;
/** Steps of a channel that are kept apart: edges stay smooth, and a drawing of three inks has few colours. */
const CHANNEL_STEP = 17;
const MOST_COLOURS = 256;

/**
 * A drawing as PNG (ISO/IEC 15948) with a palette; `pixels` are red, green and blue of eight bits each, row by row.
 * Colours beyond the palette's room become its nearest.
 */
export function pngImage(
  picture: Readonly<{ width: number; height: number; pixels: Uint8Array }>,
): Uint8Array {
  const { height, pixels, width } = picture;
  const palette = new Map<number, number>();
  const stride = width + 1;
  // Each row begins with its filter: none, since indices have no differences that mean anything.
  const rows = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 3;
      const colour = (step(pixels[at]) << 16) | (step(pixels[at + 1]) << 8) | step(pixels[at + 2]);
      let index = palette.get(colour);
      if (index === undefined) {
        index = palette.size < MOST_COLOURS ? palette.size : nearest(colour, palette);
        if (palette.size < MOST_COLOURS) palette.set(colour, index);
      }
      rows[y * stride + 1 + x] = index;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([BIT_DEPTH, INDEXED, 0, 0, 0], 8);
  const colours = Buffer.from([...palette.keys()].flatMap(channels));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const step = (value = 0): number => Math.round(value / CHANNEL_STEP) * CHANNEL_STEP;
const channels = (colour: number): number[] => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff];

function nearest(colour: number, palette: ReadonlyMap<number, number>): number {
  const wanted = channels(colour);
  const distance = (other: number): number =>
    channels(other).reduce((sum, value, at) => sum + (value - (wanted[at] ?? 0)) ** 2, 0);
  let best = { index: 0, distance: Infinity };
  for (const [other, index] of palette) {
    const far = distance(other);
    if (far < best.distance) best = { index, distance: far };
  }
  return best.index;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
