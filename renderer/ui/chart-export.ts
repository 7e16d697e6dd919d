import { chartCsv, type ChartSeries } from './chart-series.ts';
import { saveFile } from './save-file.ts';

const SVG_NAMESPACE = 'http://www.w3.org/2000/svg';
/** For print and slides. */
const PNG_SCALE = 2;
/** Custom properties end at the page's edge, so their values are written into the copy. */
const COPIED_PROPERTIES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-opacity',
  'fill-opacity',
  'font-family',
  'font-size',
] as const;

/** The chart as a document of its own, on its panel's colour. */
function svgText(chart: SVGSVGElement): Readonly<{ text: string; width: number; height: number }> {
  const { width, height } = chart.getBoundingClientRect();
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const sources = [chart, ...chart.querySelectorAll<SVGElement>('*')];
  const targets = [copy, ...copy.querySelectorAll<SVGElement>('*')];
  sources.forEach((source, index) => {
    const style = getComputedStyle(source);
    for (const property of COPIED_PROPERTIES) {
      targets[index]?.setAttribute(property, style.getPropertyValue(property));
    }
  });
  copy.setAttribute('xmlns', SVG_NAMESPACE);
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const ground = document.createElementNS(SVG_NAMESPACE, 'rect');
  ground.setAttribute('width', '100%');
  ground.setAttribute('height', '100%');
  ground.setAttribute('fill', getComputedStyle(document.documentElement).getPropertyValue('--le-panel'));
  copy.prepend(ground);
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

export function saveChartSvg(chart: SVGSVGElement, name: string): void {
  saveFile(`${name}.svg`, new Blob([svgText(chart).text], { type: 'image/svg+xml' }));
}

export async function saveChartPng(chart: SVGSVGElement, name: string): Promise<void> {
  const { text, width, height } = svgText(chart);
  const image = new Image();
  // A `data:` address, because the page's policy takes pictures from nowhere else.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * PNG_SCALE);
  canvas.height = Math.round(height * PNG_SCALE);
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.scale(PNG_SCALE, PNG_SCALE);
  context.drawImage(image, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob !== null) saveFile(`${name}.png`, blob);
}

export function saveChartCsv(series: readonly ChartSeries[], name: string): void {
  // The byte-order mark lets spreadsheets read Chinese.
  saveFile(`${name}.csv`, new Blob(['\uFEFF', chartCsv(series)], { type: 'text/csv;charset=utf-8' }));
}
