import type { HandlersFor } from '../shared/contract/define.ts';
import type { StudioContract } from '../shared/contract/index.ts';
import type { CoreServices } from './core-services.ts';

type DataFolderHandlers = Pick<
  HandlersFor<StudioContract>,
  Extract<keyof StudioContract, `dataFolder.${string}`>
>;

export const dataFolderHandlers = ({ mover }: CoreServices): DataFolderHandlers => ({
  'dataFolder.show': () => mover.view(),
  'dataFolder.move': ({ path }) => mover.start(path),
  'dataFolder.cancelMove': () => mover.cancel(),
  'dataFolder.removePrevious': () => mover.removePrevious(),
});
