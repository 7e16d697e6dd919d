/**
 * Writes the table “will it fit?” between its marks in README.md, from the same rules that refuse a run. With
 * `--check` nothing is written and a difference fails.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { format, resolveConfig } from 'prettier';

import type { DecoderShape } from '../shared/domain/preflight/decoder-shape.ts';
import { memoryOn, type DeviceFacts, type DeviceMemory } from '../shared/domain/preflight/device-memory.ts';
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
  { name: '4 × 24 GB, each 每张', mebibytes: 24_564 },
  { name: '80 GB', mebibytes: 81_920 },
] as const;

const RANK = 8;
const CUTOFFS = [1024, 2048] as const;

const { lora, hardware } = recipeSchema.parse({ model: 'base', dataset: 'rows', lora: { rank: RANK } });

/** How the base is held, from what costs no accuracy to what costs most of it. */
const BASES = [
  { quantization: 'none', word: '16 bit' },
  { quantization: 'int8', word: 'INT8' },
  { quantization: 'nf4', word: 'NF4' },
] as const;

type Cell = Readonly<{ fits: boolean; memory: DeviceMemory; base: string }>;

/**
 * One row of the full cutoff length in bf16, every token of it supervised: the heaviest micro-batch of one. The first
 * way of holding the base that fits, with as few layers recomputed as the card allows; the last where none does.
 */
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
  const cells = BASES.map(({ quantization, word }) => {
    const memory = memoryOn(device, shape, lora, 'bf16', [batch], quantization, hardware);
    return { fits: memory.peakBytes <= capacityBytes, memory, base: word };
  });
  const cell = cells.find(({ fits }) => fits) ?? cells.at(-1);
  if (cell === undefined) throw new Error('a base is held in some way');
  return cell;
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
        const { fits, memory, base } = cellOf(shape, machine.mebibytes, cutoff);
        const { peakBytes, basis, recomputedLayers, layers } = memory;
        const again =
          recomputedLayers === 0 ? '' : `, ${String(recomputedLayers)}/${String(layers)} recomputed 重算`;
        return `${fits ? '✓' : '✗'} ${gigabytes(peakBytes)} GB, ${base}${again}, ${BASIS_WORDS[basis]}`;
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
