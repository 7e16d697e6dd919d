/**
 * `node llama-child.ts PACKAGES CASES OUT`: loads every file of CASES in llama.cpp (the node-llama-cpp below PACKAGES)
 * and writes to OUT how it cuts the texts and what it finds likely after the prompts. A process of its own: native code.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import type { LlamaAnswers, LlamaCase } from './llama-cases.ts';

type Token = number;
type Evaluated = Readonly<{ next: Readonly<{ probabilities?: ReadonlyMap<Token, number> }> }> | undefined;
type Sequence = Readonly<{
  controlledEvaluate: (input: readonly (Token | readonly [Token, object])[]) => Promise<readonly Evaluated[]>;
}>;
type Context = Readonly<{ getSequence: () => Sequence; dispose: () => Promise<void> }>;
type Model = Readonly<{
  tokenize: (text: string) => readonly Token[];
  tokens: Readonly<{ bos: Token | null; eos: Token | null; shouldPrependBosToken: boolean }>;
  trainContextSize: number;
  createContext: (options: object) => Promise<Context>;
  dispose: () => Promise<void>;
}>;
type LlamaPackage = Readonly<{
  getLlama: (options: object) => Promise<Readonly<{ loadModel: (options: object) => Promise<Model> }>>;
}>;

const CONTEXT_TOKENS = 256;
const TOP = 5;

const [packages = '', casesFile = '', outFile = ''] = process.argv.slice(2);
const entry = path.join(packages, 'node_modules/node-llama-cpp/dist/index.js');
const { getLlama } = (await import(pathToFileURL(entry).href)) as LlamaPackage;
// Never builds or downloads anything: the binary is the package's own.
const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1 });
const cases = JSON.parse(readFileSync(casesFile, 'utf8')) as readonly LlamaCase[];

async function topFive(
  model: Model,
  prompt: readonly Token[],
  lora: string | null,
): Promise<[Token, number][]> {
  const context = await model.createContext({
    contextSize: CONTEXT_TOKENS,
    batchSize: CONTEXT_TOKENS,
    // A cache in 16 bits, the default, would hide errors of a file behind its own.
    experimentalKvCacheKeyType: 'F32',
    experimentalKvCacheValueType: 'F32',
    flashAttention: false,
    ...(lora === null ? {} : { lora: { adapters: [{ filePath: lora }] } }),
  });
  const last = prompt.length - 1;
  const evaluated = await context
    .getSequence()
    .controlledEvaluate(
      prompt.map((token, index) =>
        index === last ? [token, { generateNext: { probabilities: true } }] : token,
      ),
    );
  const found = evaluated.at(-1)?.next.probabilities ?? new Map<Token, number>();
  await context.dispose();
  return [...found].sort(([, one], [, other]) => other - one).slice(0, TOP);
}

const results: LlamaAnswers[] = [];
for (const one of cases) {
  for (const [format, modelPath] of Object.entries(one.files)) {
    const model = await llama.loadModel({ modelPath });
    const answers: Record<string, [number, number][][]> = { plain: [] };
    for (const prompt of one.prompts) answers['plain']?.push(await topFive(model, prompt, null));
    if (one.lora !== null) {
      answers['adapter'] = [];
      for (const prompt of one.prompts) answers['adapter'].push(await topFive(model, prompt, one.lora));
    }
    results.push({
      name: one.name,
      format,
      tokens: one.texts.map(({ text }) => [...model.tokenize(text)]),
      answers,
      bos: model.tokens.shouldPrependBosToken ? model.tokens.bos : null,
      eos: model.tokens.eos,
      context: model.trainContextSize,
    });
    await model.dispose();
  }
}
writeFileSync(outFile, JSON.stringify(results));
// llama.cpp's threads would keep the process for a while.
process.exit(0);
