export type LegendEntry = Readonly<{ label: string; colour: string; shape: 'line' | 'dashes' | 'dots' }>;

export type ChartPicture = Readonly<{
  title: string;
  legend: readonly LegendEntry[];
  background: string;
  ink: string;
}>;

const SVG = 'http://www.w3.org/2000/svg';
const FONT = "system-ui, 'Noto Sans SC', 'Microsoft YaHei UI', 'PingFang SC', sans-serif";
const HEAD_PX = 32;
const LEGEND_ROW_PX = 20;
const MARGIN_PX = 12;
/** Pixels of a picture file for each pixel on the screen: sharp in print. */
const PICTURE_SCALE = 2;

/** A chart as a file of its own, with its title above and its legend below. */
export function chartSvg(
  chart: SVGSVGElement,
  picture: ChartPicture,
): Readonly<{ text: string; width: number; height: number }> {
  const { width, height } = chart.getBoundingClientRect();
  const full = HEAD_PX + height + picture.legend.length * LEGEND_ROW_PX + MARGIN_PX;
  const root = element('svg', { xmlns: SVG, width, height: full, viewBox: `0 0 ${width} ${full}` });
  root.append(element('rect', { width: '100%', height: '100%', fill: picture.background }));
  root.append(label(picture.title, MARGIN_PX, 21, picture.ink, 15));
  const drawing = chart.cloneNode(true) as SVGSVGElement;
  // Names that only this page knows.
  for (const name of ['class', 'style', 'tabindex', 'role']) drawing.removeAttribute(name);
  drawing.setAttribute('x', '0');
  drawing.setAttribute('y', String(HEAD_PX));
  drawing.setAttribute('width', String(width));
  drawing.setAttribute('height', String(height));
  drawing.setAttribute('font-family', FONT);
  root.append(drawing);
  picture.legend.forEach((entry, at) => {
    const y = HEAD_PX + height + at * LEGEND_ROW_PX + 10;
    root.append(
      entry.shape === 'dots'
        ? element('path', { d: `M${MARGIN_PX + 10} ${y - 5}l5 9h-10z`, fill: entry.colour })
        : element('line', {
            x1: MARGIN_PX,
            x2: MARGIN_PX + 20,
            y1: y,
            y2: y,
            stroke: entry.colour,
            'stroke-width': 2,
            ...(entry.shape === 'dashes' ? { 'stroke-dasharray': '5 4' } : {}),
          }),
      label(entry.label, MARGIN_PX + 28, y + 4, picture.ink, 12),
    );
  });
  return { text: new XMLSerializer().serializeToString(root), width, height: full };
}

/** The same picture in pixels. */
export async function chartPng(chart: SVGSVGElement, picture: ChartPicture): Promise<Blob> {
  const { text, width, height } = chartSvg(chart, picture);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * PICTURE_SCALE);
  canvas.height = Math.round(height * PICTURE_SCALE);
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error('the browser made no picture'));
      else resolve(blob);
    }, 'image/png'),
  );
}

/** A file name that every system takes. */
export function fileNameOf(title: string, extension: string): string {
  const name = title
    .replace(/[\u0000-\u001f<>:"/\\|?*]+/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, 80);
  return `${name === '' ? 'chart' : name.replace(/[. ]+$/u, '')}.${extension}`;
}

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key !== 'xmlns') made.setAttribute(key, String(value));
  }
  return made;
}

function label(text: string, x: number, y: number, fill: string, size: number): SVGElement {
  const made = element('text', { x, y, fill, 'font-size': size, 'font-family': FONT });
  made.textContent = text;
  return made;
}
