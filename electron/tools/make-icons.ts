/** Draws resources/icons from the one icon of the pages, in a real browser. Run by hand after the icon changed. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { chromium } from 'playwright-core';

import { repositoryRoot } from './dev-environment.ts';

const CHROMIUM = process.env['LEGAL_EAGLE_CHROMIUM'] ?? '/usr/bin/chromium';
const SVG = readFileSync(path.join(repositoryRoot, 'renderer/public/icon.svg'), 'utf8');
const FOLDER = path.join(repositoryRoot, 'resources/icons');
/** Sizes that Windows shows: title bar, task bar, desktop, large tiles. */
const ICO_SIZES_PX = [16, 24, 32, 48, 64, 256] as const;

/** An .ico of PNG pictures: a header, one directory entry of 16 bytes a picture, then the pictures. */
function icoOf(pictures: readonly Readonly<{ sizePx: number; png: Buffer }>[]): Buffer {
  const header = Buffer.alloc(6 + 16 * pictures.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(pictures.length, 4);
  let offset = header.length;
  pictures.forEach(({ sizePx, png }, index) => {
    const entry = 6 + 16 * index;
    // One byte a side; 256 is written as 0.
    header.writeUInt8(sizePx % 256, entry);
    header.writeUInt8(sizePx % 256, entry + 1);
    header.writeUInt16LE(1, entry + 4);
    header.writeUInt16LE(32, entry + 6);
    header.writeUInt32LE(png.length, entry + 8);
    header.writeUInt32LE(offset, entry + 12);
    offset += png.length;
  });
  return Buffer.concat([header, ...pictures.map(({ png }) => png)]);
}

mkdirSync(FOLDER, { recursive: true });
const browser = await chromium.launch({ executablePath: CHROMIUM });
try {
  const page = await browser.newPage();
  const draw = async (sizePx: number): Promise<Buffer> => {
    await page.setViewportSize({ width: sizePx, height: sizePx });
    await page.setContent(
      `<style>html,body{margin:0;background:transparent}svg{display:block;width:${String(sizePx)}px;height:${String(sizePx)}px}</style>${SVG}`,
    );
    return page.screenshot({ omitBackground: true });
  };
  writeFileSync(path.join(FOLDER, 'icon.png'), await draw(512));
  writeFileSync(path.join(FOLDER, 'tray.png'), await draw(64));
  const pictures: { sizePx: number; png: Buffer }[] = [];
  for (const sizePx of ICO_SIZES_PX) pictures.push({ sizePx, png: await draw(sizePx) });
  writeFileSync(path.join(FOLDER, 'icon.ico'), icoOf(pictures));
} finally {
  await browser.close();
}
