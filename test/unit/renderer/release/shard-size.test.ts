import { expect, test } from 'vitest';

import { shardBytesFor } from '../../../../renderer/features/release/shard-size.ts';

// Catches: a shard that takes an hour on a home's uplink, and is sent anew from its first byte after a cut.
test.each([
  [500_000, 225_000_000],
  [2_500_000, 1_125_000_000],
])('goes up in five to ten minutes at %i bytes per second', (bytesPerSecond, bytes) => {
  expect(shardBytesFor(bytesPerSecond)).toBe(bytes);
  expect(bytes / bytesPerSecond).toBeGreaterThan(300);
  expect(bytes / bytesPerSecond).toBeLessThan(600);
});

// Catches: files beyond what hubs take well, or a thousand of them, at the ends of the range.
test('never exceeds 2 GB, and never falls apart into hundreds of files', () => {
  expect(shardBytesFor(100_000_000)).toBe(2_000_000_000);
  expect(shardBytesFor(1000)).toBe(100_000_000);
});
