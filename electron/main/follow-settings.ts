import type { StudioContract } from '../shared/contract/index.ts';
import { settingsSchema, type Settings } from '../shared/contract/methods/settings.ts';
import type { RpcClient } from '../shared/contract/rpc-client.ts';

/** Tells what is set on this rig, now and whenever a page changes it; over every core that comes. */
export function followSettings(
  client: RpcClient<StudioContract>,
  onSettings: (settings: Settings) => void,
): void {
  client.subscribe('settings', ({ data }) => {
    const parsed = settingsSchema.safeParse(data);
    if (parsed.success) onSettings(parsed.data);
  });
}
