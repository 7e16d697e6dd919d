import { wordsByFeature } from './words-by-feature.ts';

export const WORDS: ReturnType<typeof wordsByFeature> = wordsByFeature(
  import.meta.glob('./zh-CN/*.json', { eager: true, import: 'default' }),
);
