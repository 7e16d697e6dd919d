import { useMutation } from '@tanstack/react-query';

import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { runFileName } from '../../../electron/shared/domain/run-file-name.ts';
import { chooseSavePathNatively } from '../../api/desktop-host.ts';
import { useAction, type OutputOf } from '../../api/hooks.ts';
import { useErrorLanguage } from '../../i18n/use-words.ts';
import { saveFile } from '../../ui/save-file.ts';

export type RunExports = Readonly<{
  /** Hands the report, in the language of the page, to the browser to keep. */
  saveReport: () => void;
  /** Writes everything of the run to one file in a folder of the machine that trains. */
  zipInto: (folder: string) => void;
  /** The same where the system's dialog says where; undefined in a browser. */
  zipByDialog: ((title: string) => void) | undefined;
  isBusy: boolean;
  zipped: OutputOf<'runs.export'> | undefined;
  error: StudioError | null;
}>;

/** What can be taken away from a run. */
export function useRunExports(run: RunSummary): RunExports {
  const language = useErrorLanguage();
  const report = useAction('runs.report');
  const zip = useAction('runs.export');
  const name = `${runFileName(run)}.zip`;
  const zipTo = (path: string): void => zip.mutate({ run: run.id, path, format: 'zip' });
  const place = useMutation<string | undefined, StudioError, string>({
    mutationFn: async (title) => chooseSavePathNatively?.({ title, name, extension: 'zip' }),
  });
  return {
    saveReport: () =>
      report.mutate(
        { run: run.id, language },
        { onSuccess: ({ name, html }) => saveFile(name, new Blob([html], { type: 'text/html' })) },
      ),
    zipInto: (folder) => zipTo(`${folder}/${name}`),
    zipByDialog:
      chooseSavePathNatively === undefined
        ? undefined
        : (title) => place.mutate(title, { onSuccess: (path) => path !== undefined && zipTo(path) }),
    isBusy: report.isPending || zip.isPending,
    zipped: zip.data,
    error: report.error ?? place.error ?? zip.error,
  };
}
