import type { Recipe } from '../../protocol/recipe.ts';
import { AUTOMATIC_TEMPLATE, isKnownTemplate, REPOSITORY_TEMPLATE } from '../chat-templates.ts';
import { namedCards } from '../choose-card.ts';

/** A setting that cannot be as it is, as `RecipeIssue` tells it. */
export type SettingConflict = Readonly<{
  field: string;
  reason: 'unsupported' | 'conflict';
  given: string;
  allowed: string;
  beside?: string;
}>;

type Conflict = Readonly<{
  /** The setting that gives way. */
  field: string;
  /** What it stands beside, as `field = value`; absent where the value is refused by itself. */
  beside?: string;
  given: unknown;
  /** The nearest setting that works. */
  nearest: readonly unknown[];
}>;

/**
 * What the schema cannot say because it concerns two settings or what this version can do. The engine refuses the
 * same by `legal_eagle.engine.recipe`; `test/fixtures/recipes/refused.json` is read by the tests of both.
 */
export function settingConflicts(recipe: Recipe): readonly SettingConflict[] {
  return conflictsOf(recipe).map(({ field, beside, given, nearest }) => ({
    field,
    reason: beside === undefined ? 'unsupported' : 'conflict',
    given: JSON.stringify(given),
    allowed: nearest.map((value) => JSON.stringify(value)).join(' | '),
    ...(beside === undefined ? {} : { beside }),
  }));
}

function conflictsOf({ template, hardware, method, lora }: Recipe): readonly Conflict[] {
  const conflicts: Conflict[] = [];
  if (!isKnownTemplate(template)) {
    conflicts.push({
      field: 'template',
      given: template,
      nearest: [AUTOMATIC_TEMPLATE, REPOSITORY_TEMPLATE],
    });
  }
  const { device, attention, processes } = hardware;
  if ((device === 'cpu' && attention === 'varlen') || (device === 'cuda' && attention === 'per-document')) {
    conflicts.push({
      field: 'hardware.attention',
      beside: `hardware.device = "${device}"`,
      given: attention,
      nearest: ['auto', 'padded'],
    });
  }
  const named = namedCards(hardware.gpu).length;
  if (device !== 'cpu' && named > 1 && processes !== 1 && processes !== named) {
    conflicts.push({
      field: 'hardware.processes',
      beside: `hardware.gpu = ${JSON.stringify(hardware.gpu)}`,
      given: processes,
      nearest: [named],
    });
  }
  return method === 'full' ? [...conflicts, ...notWithFull(lora, hardware)] : conflicts;
}

/**
 * What contradicts training every parameter. The rest of `lora` describes an adapter that there is not, and decides
 * nothing.
 */
function notWithFull(lora: Recipe['lora'], hardware: Recipe['hardware']): readonly Conflict[] {
  const beside = 'method = "full"';
  const conflicts: Conflict[] = [];
  if (hardware.quantization !== 'none') {
    conflicts.push({
      field: 'hardware.quantization',
      beside,
      given: hardware.quantization,
      nearest: ['none'],
    });
  }
  if (hardware.engine === 'fast') {
    conflicts.push({ field: 'hardware.engine', beside, given: 'fast', nearest: ['auto', 'compat'] });
  }
  if (lora.continueFrom !== null) {
    conflicts.push({ field: 'lora.continueFrom', beside, given: lora.continueFrom, nearest: [null] });
  }
  return conflicts;
}
