import { z } from 'zod';
import { EXPORT_FORMAT_NAMES } from '../../protocol/export-format.ts';
import { method } from '../define.ts';
import { referenceSchema } from './common.ts';

/** One folder's name on every system: no separator, no drive, no control character, no dot or space at its end. */
const folderNameSchema = z
  .string()
  .max(120)
  .regex(/^(?![. ])[^<>:"/\\|?*\p{Cc}]+(?<![. ])$/u);
/** As Ollama takes them: `[owner/]name[:tag]`. */
const ollamaNameSchema = z
  .string()
  .max(160)
  .regex(/^[a-z0-9][\w.-]*(\/[a-z0-9][\w.-]*)?(:[\w][\w.-]*)?$/iu);

const exportShape = {
  format: z.enum(EXPORT_FORMAT_NAMES),
  /** An existing folder of the person's choice, or one to be made. */
  path: z.string().min(1),
  /** The folder below it that the export makes; without one `path` itself, which must be absent or empty. */
  folderName: folderNameSchema.optional(),
  /**
   * `zip`: one file that holds the folder; `<folderName>.zip`, or `path` itself where it ends so, or one named by the
   * model in `path`. For adapters and GGUF only: a whole model of many gigabytes is better off as a folder.
   */
  archive: z.enum(['folder', 'zip']).default('folder'),
  /** Makes the result known to Ollama on this machine under this name. */
  ollamaName: ollamaNameSchema.optional(),
};

export const EXPORT_METHODS = {
  /**
   * Writes a ready model, or a run's adapter (final, or of checkpoint `step`), in a format for other programs.
   * The folder appears when everything in it is whole; the topic `job.<id>` says how far it is.
   */
  'models.export': method({
    input: z.union([
      z.strictObject({ model: referenceSchema, ...exportShape }),
      z.strictObject({ run: referenceSchema, step: z.int().min(1).optional(), ...exportShape }),
    ]),
    output: z.object({ jobId: z.string(), path: z.string() }),
    errors: [
      'core.ambiguous',
      'core.not_found',
      'core.read_only',
      'export.needs_adapter',
      'export.needs_model',
      'export.no_adapter',
      'export.inside_source',
      'export.zip_format',
      'export.zip_ollama',
      'merge.base_missing',
      'model.not_ready',
    ],
  }),
} as const;
