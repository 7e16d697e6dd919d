import type { Disposable } from '../shared/contract/disposable.ts';
import { settingsSchema } from '../shared/contract/methods/settings.ts';
import type { TopicSource } from '../shared/contract/topic-source.ts';
import type { GrantedRoots } from './granted-roots.ts';

const TOPIC = 'settings';

/** Keeps what the settings grant in force: a folder that is taken back there is closed at once. */
export function followStoredGrants(events: TopicSource, granted: GrantedRoots): Disposable {
  const apply = (data: unknown): void => {
    const parsed = settingsSchema.safeParse(data);
    if (parsed.success) granted.setStored(parsed.data.grantedRoots);
  };
  apply(events.snapshot(TOPIC));
  return events.onEvent(({ topic, data }) => {
    if (topic === TOPIC) apply(data);
  });
}
