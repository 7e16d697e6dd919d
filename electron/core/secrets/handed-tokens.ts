import { readFileSync, statSync } from 'node:fs';

import { toErrorBody, StudioError } from '../../shared/contract/studio-error.ts';
import { HUB_ORIGINS, HUBS, isHubOrigin, type Hub } from '../../shared/domain/hub-endpoints.ts';
import { endpointOrigin } from '../endpoint-origin.ts';
import type { HandedToken } from '../ports.ts';
import { isOpenToOthers } from './private-file.ts';

type Env = Record<string, string | undefined>;

/** The variables that the hubs' own tools read, the usual one first. */
const VARIABLES: Readonly<Record<Hub, Readonly<{ tokens: readonly string[]; endpoint: string }>>> = {
  modelscope: { tokens: ['MODELSCOPE_API_TOKEN'], endpoint: 'MODELSCOPE_ENDPOINT' },
  huggingface: { tokens: ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'], endpoint: 'HF_ENDPOINT' },
};
const MOST_TOKEN_BYTES = 4096;
/** What a header can carry. */
const TOKEN = /^[\x21-\x7e]{8,4096}$/u;

/**
 * Takes the tokens that were handed to this process at its start and deletes them from `env`, so that no child can
 * inherit one: `<NAME>_FILE` before `<NAME>`. A file that others can read is refused. Never throws.
 */
export function takeHandedTokens(env: Env, platform: NodeJS.Platform): readonly HandedToken[] {
  const taken = (name: string): string | undefined => {
    const value = env[name];
    Reflect.deleteProperty(env, name);
    return value === undefined || value === '' ? undefined : value;
  };
  return HUBS.flatMap((hub): HandedToken[] => {
    const names = VARIABLES[hub].tokens;
    const files = names.flatMap((name) => {
      const file = taken(`${name}_FILE`);
      return file === undefined ? [] : [{ variable: `${name}_FILE`, file }];
    });
    const values = names.flatMap((name) => {
      const token = taken(name);
      return token === undefined ? [] : [{ variable: name, token: token.trim() }];
    });
    const [file] = files;
    const [value] = values;
    if (file === undefined && value === undefined) return [];
    const variable = file?.variable ?? value?.variable ?? '';
    const source = file === undefined ? ('environment' as const) : ('file' as const);
    const known = { hub, variable, source };
    const endpoint = env[VARIABLES[hub].endpoint];
    let origin: string = HUB_ORIGINS[hub][0];
    try {
      origin = originFor(hub, endpoint);
      const token =
        file === undefined ? (value?.token ?? '') : readTokenFile(file.file, file.variable, platform);
      if (!TOKEN.test(token))
        throw new StudioError('secrets.token_file_unreadable', {
          variable,
          path: file?.file ?? variable,
          reason: 'it holds no token',
        });
      return [{ ...known, origin, token }];
    } catch (error) {
      return [{ ...known, origin, problem: toErrorBody(error) }];
    }
  });
}

/** A variable may move the endpoint within the hub's own; anything else is no place for its token. */
function originFor(hub: Hub, endpoint: string | undefined): string {
  if (endpoint === undefined || endpoint === '') return HUB_ORIGINS[hub][0];
  const origin = endpointOrigin(endpoint);
  if (origin === undefined) throw new StudioError('accounts.endpoint_refused', { endpoint });
  if (!isHubOrigin(hub, origin))
    throw new StudioError('accounts.endpoint_not_allowed', { origin, known: HUB_ORIGINS[hub] });
  return origin;
}

function readTokenFile(file: string, variable: string, platform: NodeJS.Platform): string {
  let facts;
  let text;
  try {
    facts = statSync(file);
    text = facts.isFile() && facts.size <= MOST_TOKEN_BYTES ? readFileSync(file, 'utf8') : undefined;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new StudioError('secrets.token_file_unreadable', { variable, path: file, reason });
  }
  if (isOpenToOthers(facts.mode, platform)) {
    const mode = (facts.mode & 0o777).toString(8).padStart(4, '0');
    throw new StudioError('secrets.token_file_readable', { variable, path: file, mode });
  }
  if (text === undefined)
    throw new StudioError('secrets.token_file_unreadable', {
      variable,
      path: file,
      reason: 'not a token file',
    });
  return text.trim();
}
