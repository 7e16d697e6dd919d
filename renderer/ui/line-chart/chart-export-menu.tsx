import type { JSX } from 'react';

import { ActionIcon, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';

import { useWords } from '../../i18n/use-words.ts';
import { saveFile } from '../save-file.ts';
import { chartPng, chartSvg, fileNameOf, type ChartPicture } from './chart-file.ts';

export type ChartExportMenuProps = Readonly<{
  title: string;
  picture: () => ChartPicture;
  chart: () => SVGSVGElement | undefined;
  csv: () => Promise<string>;
}>;

/** The corner of a chart: its picture and its figures as files. */
export function ChartExportMenu({ title, picture, chart, csv }: ChartExportMenuProps): JSX.Element {
  const words = useWords('chart');
  const save = (extension: string, content: Blob): void => saveFile(fileNameOf(title, extension), content);
  const withChart = (work: (drawn: SVGSVGElement) => void): void => {
    const drawn = chart();
    if (drawn !== undefined) work(drawn);
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon size="sm" aria-label={words('export', { title })}>
          <IconDownload size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          onClick={() =>
            withChart((drawn) => void chartPng(drawn, picture()).then((png) => save('png', png)))
          }
        >
          PNG
        </Menu.Item>
        <Menu.Item
          onClick={() =>
            withChart((drawn) =>
              save('svg', new Blob([chartSvg(drawn, picture()).text], { type: 'image/svg+xml' })),
            )
          }
        >
          SVG
        </Menu.Item>
        <Menu.Item
          onClick={() =>
            void csv().then((text) => save('csv', new Blob([text], { type: 'text/csv;charset=utf-8' })))
          }
        >
          CSV
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
