import { expect, it } from 'vitest';

import { assignOrders } from '../../../../renderer/state/run-colours.ts';

it('a run keeps its colour, and no two that stand beside each other share one', () => {
  expect(assignOrders({}, ['a', 'b'])).toEqual({ a: 0, b: 1 });
  expect(assignOrders({ a: 0, b: 1 }, ['b', 'c'])).toEqual({ b: 1, c: 0 });
  expect(assignOrders({ a: 0, c: 0 }, ['a', 'c'])).toEqual({ a: 0, c: 1 });
});
