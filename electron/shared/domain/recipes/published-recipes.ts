/** What was published about a recipe beside its settings; resources/recipes/<id>.yaml holds the settings. */
export type PublishedRecipe = Readonly<{
  id: string;
  /** Cards of the published run; the global batch is micro-batch × accumulation × this. */
  devices: number;
  deviceName: string;
  /** How many cards, as it was published. */
  cards: string;
  /** Training rows as published. */
  rows: number;
  /** Units (samples or packs, as the recipe counts them) of one pass over those rows. */
  unitsPerEpoch: number;
  stepsPerEpoch: number;
  hours: number;
  finalLoss: number;
  /** (step, loss), digitised from the published image; empty where there is none. */
  referenceLoss: readonly (readonly [step: number, loss: number])[];
  /** What the published run had and a recipe cannot say; keys of the words in `new-run`. */
  notCarried: readonly ('nf4' | 'gradientCheckpointing')[];
}>;

/** The three published runs, in the order they were made. */
export const PUBLISHED_RECIPES: readonly PublishedRecipe[] = [
  {
    id: 'internlm-chat-7b-disc-law',
    devices: 4,
    cards: '4',
    deviceName: 'RTX 4090',
    rows: 295_000,
    unitsPerEpoch: 295_000,
    stepsPerEpoch: 2305,
    hours: 10,
    finalLoss: 0.5,
    referenceLoss: [
      [1, 3.1],
      [160, 0.9],
      [2850, 0.5],
    ],
    notCarried: ['gradientCheckpointing'],
  },
  {
    id: 'internlm2-chat-7b-disc-law',
    devices: 7,
    cards: '7',
    deviceName: 'RTX 4090',
    rows: 295_000,
    unitsPerEpoch: 295_000,
    stepsPerEpoch: 1317,
    hours: 7,
    finalLoss: 0.4,
    referenceLoss: [
      [10, 1.33],
      [50, 0.74],
      [100, 0.62],
      [200, 0.53],
      [400, 0.5],
      [800, 0.47],
      [1200, 0.45],
      [1630, 0.45],
    ],
    notCarried: [],
  },
  {
    id: 'internlm2-chat-20b-law-gpt',
    devices: 1,
    cards: '1–2',
    deviceName: 'A100-80G',
    rows: 144_000,
    // About 17 million tokens at 2,048 a pack (`engine.md` 2.1).
    unitsPerEpoch: 8500,
    stepsPerEpoch: 133,
    hours: 60,
    finalLoss: 0.9,
    referenceLoss: [],
    notCarried: ['nf4'],
  },
];
