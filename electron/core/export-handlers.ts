import type { HandlersFor } from '../shared/contract/define.ts';
import type { StudioContract } from '../shared/contract/index.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import type { CoreServices } from './core-services.ts';
import { notFound } from './db/repositories/require-one.ts';
import type { ExportSource, ExportTarget } from './export/export-service.ts';
import { adapterOf } from './runs/run-adapter.ts';

/** What leaves the studio as files of another program. */
export function exportHandlers(services: CoreServices): Pick<HandlersFor<StudioContract>, 'models.export'> {
  const { exports, models, runs } = services;
  return {
    'models.export': (input) => {
      const target: ExportTarget = {
        format: input.format,
        path: input.path,
        folderName: input.folderName,
        archive: input.archive,
        ollamaName: input.ollamaName,
      };
      return exports.start(
        'model' in input ? modelSource(input.model) : runSource(input.run, input.step),
        target,
      );
    },
  };

  function modelSource(reference: string): ExportSource {
    const model = models.resolve(reference);
    if (model === undefined) throw notFound('model', reference);
    return {
      name: model.name,
      modelPath: model.path,
      adapterPath: undefined,
      template: undefined,
      baseSource: undefined,
    };
  }

  /** Of a base that came from a hub: by this name others find it. Ollama’s names mean nothing elsewhere. */
  function hubSourceOf(modelPath: string): ExportSource['baseSource'] {
    const source = services.repositories.models.byPath(modelPath)?.source;
    return source === undefined || source.hub === 'ollama' ? undefined : source;
  }

  function runSource(reference: string, step: number | undefined): ExportSource {
    const run = runs.find(reference);
    const adapter = adapterOf(run, runs.resumable(run), step);
    if (adapter === undefined) throw new StudioError('export.no_adapter', { run: run.name });
    const { modelPath, name, recipe } = run;
    return {
      name,
      modelPath,
      adapterPath: adapter.path,
      template: recipe.template,
      baseSource: hubSourceOf(modelPath),
    };
  }
}
