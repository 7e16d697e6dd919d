import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { z } from 'zod';

import { modelCatalogueSchema } from '../../shared/domain/model-catalogue.ts';

/** Bases that are known by name, as they ship with the studio. */
export function readCatalogue(resourcesDir: string): z.output<typeof modelCatalogueSchema>['models'] {
  const file = path.join(resourcesDir, 'models', 'catalogue.json');
  return modelCatalogueSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).models;
}
