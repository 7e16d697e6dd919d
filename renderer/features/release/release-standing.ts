import type { ReleaseView } from '../../../electron/shared/contract/methods/releases.ts';

export type PartStateName = ReleaseView['parts'][number]['state'];

/** Nothing goes on from here. */
export const isOver = (state: PartStateName): boolean => state === 'done' || state === 'cancelled';
