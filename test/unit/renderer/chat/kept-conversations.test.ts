import { describe, expect, it } from 'vitest';

import { KeptConversations } from '../../../../renderer/features/chat/kept-conversations.ts';
import { DEFAULT_SETTINGS, newTurn } from '../../../../renderer/features/chat/turns.ts';

/** A browser's storage that holds this many characters. */
function storageOf(most: number): Storage & { readonly content: Map<string, string> } {
  const content = new Map<string, string>();
  return {
    content,
    get length() {
      return content.size;
    },
    key: () => null,
    clear: () => content.clear(),
    removeItem: (name) => void content.delete(name),
    getItem: (name) => content.get(name) ?? null,
    setItem: (name, value) => {
      if (value.length > most) throw new DOMException('full', 'QuotaExceededError');
      content.set(name, value);
    },
  };
}

const saying = (question: string): Parameters<KeptConversations['keep']>[1] => ({
  turns: [newTurn(question, DEFAULT_SETTINGS)],
  settings: DEFAULT_SETTINGS,
});

describe('conversations that a browser keeps', () => {
  it('come back whole in a new page', () => {
    const storage = storageOf(100_000);
    const kept = new KeptConversations(storage);
    kept.keep('0 model:m', saying('问'));
    kept.write();
    expect(new KeptConversations(storage).find('0 model:m')).toEqual(saying('问'));
    expect(new KeptConversations(storage).find('1 model:m').turns).toEqual([]);
  });

  it('are stored as far as the room of the browser reaches', () => {
    const storage = storageOf(3000);
    const kept = new KeptConversations(storage);
    kept.keep('old', saying('旧'.repeat(2500)));
    kept.write();
    kept.keep('new', saying('新'.repeat(2500)));
    kept.write();
    const again = new KeptConversations(storage);
    const found = ['old', 'new'].filter((name) => again.find(name).turns.length > 0);
    expect(found.length).toBe(1);
    // This page goes on with both.
    expect(kept.find('old').turns.length + kept.find('new').turns.length).toBe(2);
  });

  it('are none where the storage holds something else', () => {
    const wrong = ['{', '[]', 'null', '{"x":{"keptAtMs":1,"said":{"turns":[{}],"settings":{}}}}', '{"x":3}'];
    for (const text of wrong) {
      const storage = storageOf(1000);
      storage.setItem('legal-eagle.chat', text);
      expect(new KeptConversations(storage).find('x').turns).toEqual([]);
    }
  });
});
