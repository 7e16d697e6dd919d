import type { Said } from './conversation.ts';
import { DEFAULT_SETTINGS, type ChatSettings, type Turn } from './turns.ts';

type Kept = Readonly<{ keptAtMs: number; said: Said }>;

const NAME = 'legal-eagle.chat';
/** Enough for every pair that is being compared; a browser keeps about five million characters in all. */
const MOST_CONVERSATIONS = 12;
/** Streaming changes a conversation many times a second. */
const WRITE_INTERVAL_MS = 500;

/** Conversations in this browser, by name: nothing of them is stored on the rig. */
export class KeptConversations {
  readonly #storage: Storage;
  readonly #kept: Map<string, Kept>;
  #writing: ReturnType<typeof setTimeout> | undefined;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#kept = new Map(Object.entries(keptIn(storage.getItem(NAME))));
  }

  find(name: string): Said {
    return this.#kept.get(name)?.said ?? { turns: [], settings: DEFAULT_SETTINGS };
  }

  keep(name: string, said: Said): void {
    this.#kept.set(name, { keptAtMs: Date.now(), said });
    this.#writing ??= setTimeout(() => this.write(), WRITE_INTERVAL_MS);
  }

  /** Writes at once: the page may be going. */
  write(): void {
    clearTimeout(this.#writing);
    this.#writing = undefined;
    const newest = [...this.#kept].sort((one, other) => other[1].keptAtMs - one[1].keptAtMs);
    for (const [name] of newest.slice(MOST_CONVERSATIONS)) this.#kept.delete(name);
    for (let count = Math.min(newest.length, MOST_CONVERSATIONS); count >= 0; count -= 1) {
      try {
        this.#storage.setItem(NAME, JSON.stringify(Object.fromEntries(newest.slice(0, count))));
        return;
      } catch {
        // The browser's room is used up: the oldest conversation goes, from what is stored only.
      }
    }
  }
}

/** What was stored, as far as it is of this shape: an older version may have written it. */
function keptIn(text: string | null): Record<string, Kept> {
  try {
    const stored: unknown = JSON.parse(text ?? '{}');
    if (typeof stored !== 'object' || stored === null) return {};
    return Object.fromEntries(
      Object.entries(stored).filter((entry): entry is [string, Kept] => isKept(entry[1])),
    );
  } catch {
    return {};
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function isKept(value: unknown): value is Kept {
  if (!isObject(value) || typeof value['keptAtMs'] !== 'number' || !isObject(value['said'])) return false;
  const { settings, turns } = value['said'];
  return isSettings(settings) && Array.isArray(turns) && turns.every(isTurn);
}

function isSettings(value: unknown): value is ChatSettings {
  if (!isObject(value) || !isObject(value['sampling']) || !isObject(value['system'])) return false;
  const { from, text } = value['system'];
  return (from === 'recorded' || from === 'own' || from === 'none') && typeof text === 'string';
}

function isTurn(value: unknown): value is Turn {
  if (!isObject(value) || !isSettings(value['settings'])) return false;
  const { question, text, state } = value;
  const isState = state === 'writing' || state === 'done' || state === 'failed';
  return isState && typeof question === 'string' && typeof text === 'string';
}
