/**
 * A whole core that exists to be killed. Arguments: data folder, and the recipe as JSON. Starts the recipe's
 * run where the history is empty, else takes up what it finds; writes `open` when it does.
 */
import { createCore } from '../../electron/core/create-core.ts';
import { testPorts } from '../integration/core/core-harness.ts';

const [home, recipe] = process.argv.slice(2);
if (home === undefined || recipe === undefined) throw new Error('two arguments');

const core = await createCore(testPorts(home), { mode: 'write' });
const listed = await core.handlers['runs.list']({
  search: '',
  states: [],
  sort: 'createdAtMs',
  descending: true,
  offset: 0,
  limit: 1,
});
if (listed.total === 0) {
  await core.handlers['runs.start']({
    recipe: JSON.parse(recipe) as Record<string, unknown>,
    force: false,
    tags: [],
    queue: false,
  });
}
process.stdout.write('open\n');
