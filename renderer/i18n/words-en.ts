import { wordsByFeature } from './words-by-feature.ts';

export const WORDS: ReturnType<typeof wordsByFeature> = wordsByFeature(
  import.meta.glob('./en/*.json', { eager: true, import: 'default' }),
);
