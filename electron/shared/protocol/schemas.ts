import type { z } from 'zod';

import { chatReplySchema, chatRequestSchema } from './chat.ts';
import { controlSchema } from './control.ts';
import { downloadResultSchema } from './download.ts';
import { jobEventSchema } from './events.ts';
import { heartbeatSchema } from './heartbeat.ts';
import { jobSpecSchema } from './job-spec.ts';
import { mappingSchema } from './mapping.ts';
import { memorisationResultSchema } from './memorisation.ts';
import { recipeSchema } from './recipe.ts';
import { templateInspectionSchema } from './template-inspection.ts';
import { accountCheckResultSchema, uploadResultSchema, visibilityResultSchema } from './upload.ts';

/** Everything that crosses between TypeScript and Python, by its Python name. */
export const PROTOCOL_SCHEMAS = {
  Recipe: recipeSchema,
  Mapping: mappingSchema,
  JobSpec: jobSpecSchema,
  JobEvent: jobEventSchema,
  Control: controlSchema,
  Heartbeat: heartbeatSchema,
  ChatRequest: chatRequestSchema,
  ChatReply: chatReplySchema,
  DownloadResult: downloadResultSchema,
  MemorisationResult: memorisationResultSchema,
  TemplateInspection: templateInspectionSchema,
  UploadResult: uploadResultSchema,
  AccountCheckResult: accountCheckResultSchema,
  VisibilityResult: visibilityResultSchema,
} as const satisfies Record<string, z.ZodType>;
