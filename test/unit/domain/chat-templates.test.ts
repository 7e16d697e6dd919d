import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import {
  isKnownTemplate,
  TEMPLATE_ALIASES,
  TEMPLATE_FAMILIES,
} from '../../../electron/shared/domain/chat-templates.ts';

const FIXTURE: unknown = JSON.parse(
  readFileSync(new URL('../../fixtures/templates/families.json', import.meta.url), 'utf8'),
);

describe('the chat templates by name', () => {
  // Bug caught: a form that offers a template which the engine does not have, or hides one that it has.
  it('are those that the engine renders', () => {
    expect({ families: Object.keys(TEMPLATE_FAMILIES), aliases: TEMPLATE_ALIASES }).toEqual(FIXTURE);
  });

  it('are known by their names in other tools', () => {
    expect(['auto', 'repository', 'internlm2', 'intern2'].every(isKnownTemplate)).toBe(true);
    expect(['vicuna', 'constructor', ''].some(isKnownTemplate)).toBe(false);
  });
});
