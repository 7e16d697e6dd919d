/**
 * Writes the table “will it fit?” between its marks in README.md, from the same rules that refuse a run. With
 * `--check` nothing is written and a difference fails.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { format, resolveConfig } from 'prettier';

import type { DecoderShape } from '../shared/domain/preflight/decoder-shape.ts';
import { memoryOn, type DeviceFacts } from '../shared/domain/preflight/device-memory.ts';
import { recipeSchema } from '../shared/protocol/recipe.ts';
import { repositoryRoot } from './dev-environment.ts';

const MIB = 2 ** 20;
const MARKS = ['<!-- fit-table: made by npm run generate -->', '<!-- /fit-table -->'] as const;

const internlm2 = (
  hiddenSize: number,
  layers: number,
  heads: number,
  intermediateSize: number,
): DecoderShape => ({
  layout: 'internlm2',
  hiddenSize,
  layers,
  heads,
  kvHeads: 8,
  headDim: hiddenSize / heads,
  intermediateSize,
  vocabSize: 92_544,
  qkvBias: false,
  oBias: false,
  qkNorm: false,
  tiedEmbeddings: false,
});

/** As the models' own configurations state them. */
const MODELS = [
  { name: 'InternLM2-chat-7B', shape: internlm2(4096, 32, 32, 14_336) },
  { name: 'InternLM2-chat-20B', shape: internlm2(6144, 48, 48, 16_384) },
] as const;

/** Memory as `nvidia-smi` tells it of a card of that kind. */
const MACHINES = [
  { name: '12 GB', mebibytes: 12_288 },
  { name: '16 GB', mebibytes: 16_376 },
  { name: '24 GB', mebibytes: 24_564 },
  { name: '4 × 24 GB', mebibytes: 24_564, isSeveral: true },
  { name: '80 GB', mebibytes: 81_920 },
] as const;

const RANK = 8;
const CUTOFFS = [1024, 2048] as const;

const { lora } = recipeSchema.parse({ model: 'base', dataset: 'rows', lora: { rank: RANK } });

type Cell = Readonly<{ fits: boolean; peakBytes: number; basis: 'measured' | 'projected' }>;

/** One row of the full cutoff length in bf16, every token of it supervised: the heaviest micro-batch of one. */
function cellOf(shape: DecoderShape, mebibytes: number, cutoff: number): Cell {
  const capacityBytes = mebibytes * MIB;
  const device: DeviceFacts = {
    device: 'cuda:0',
    kind: 'cuda',
    name: '',
    capacityBytes,
    availableBytes: capacityBytes,
    hasBf16: true,
  };
  const batch = { lengths: [cutoff], answerTokens: cutoff };
  const { peakBytes, basis } = memoryOn(device, shape, lora, 'bf16', [batch]);
  return { fits: peakBytes <= capacityBytes, peakBytes, basis };
}

const gigabytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
const BASIS_WORDS = { measured: 'measured 实测', projected: 'projected 推算' } as const;

function tableText(): string {
  const heads = MODELS.flatMap(({ name }) =>
    CUTOFFS.map((cutoff) => `${name}, ${cutoff.toLocaleString('en-US')}`),
  );
  const rows = MACHINES.map((machine) => {
    const cells = MODELS.flatMap(({ shape }) =>
      CUTOFFS.map((cutoff) => {
        const { fits, peakBytes, basis } = cellOf(shape, machine.mebibytes, cutoff);
        const sign = fits ? '✓' : '✗';
        const each = fits && 'isSeveral' in machine ? ', one run a card 每卡一个训练' : '';
        return `${sign} ${gigabytes(peakBytes)} GB, ${BASIS_WORDS[basis]}${each}`;
      }),
    );
    return [machine.name, ...cells];
  });
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(['GPU memory 显存', ...heads]),
    line(['---', ...heads.map(() => '---')]),
    ...rows.map(line),
  ].join('\n');
}

async function withTable(readme: string, file: string): Promise<string> {
  const [open, close] = MARKS;
  const from = readme.indexOf(open);
  const to = readme.indexOf(close);
  if (from < 0 || to < from) throw new Error(`README.md has no ${open} … ${close}`);
  const text = `${readme.slice(0, from)}${open}\n\n${tableText()}\n\n${readme.slice(to)}`;
  return format(text, { ...(await resolveConfig(file)), parser: 'markdown' });
}

const main = async (): Promise<number> => {
  const file = path.join(repositoryRoot, 'README.md');
  const current = await readFile(file, 'utf8');
  const text = await withTable(current, file);
  if (text === current) return 0;
  if (process.argv.includes('--check')) {
    process.stderr.write(
      'the table in README.md differs from shared/domain/preflight: run npm run generate\n',
    );
    return 1;
  }
  await writeFile(file, text);
  process.stdout.write('wrote README.md\n');
  return 0;
};

process.exitCode = await main();
