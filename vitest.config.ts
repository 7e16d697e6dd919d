import { defineConfig } from 'vitest/config';

import { SecondAttempts } from './test/helpers/second-attempts.ts';

export default defineConfig({
  test: {
    // Two cores carry the suite; real child processes need generous, never asserted, time.
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ['default', ['json', { outputFile: 'test-results/vitest.json' }], new SecondAttempts()],
    projects: [
      {
        extends: true,
        test: { name: 'code', include: ['test/{unit,contract}/**/*.test.ts'] },
      },
      {
        extends: true,
        // Real processes, browsers and shells on a loaded machine: one more attempt, and the report names it.
        test: { name: 'processes', include: ['test/{integration,e2e,desktop}/**/*.test.ts'], retry: 1 },
      },
    ],
  },
});
