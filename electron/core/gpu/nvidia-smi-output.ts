import type { GpuCard, GpuProcess } from '../../shared/contract/methods/gpu.ts';

type CardFields = Omit<GpuCard, 'index' | 'uuid' | 'name'>;

type Field = Readonly<{
  /** Name as `nvidia-smi --help-query-gpu` documents it. */
  query: string;
  read: (text: string) => CardFields;
}>;

const MEBIBYTE = 2 ** 20;

/** Values that say that there is no value: `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `[GPU requires reset]`. */
const present = (text: string): string | undefined =>
  text === '' || /^\[.*\]$/u.test(text) || /^(n\/a|not supported|unknown error)$/iu.test(text)
    ? undefined
    : text;

const numberOf = (text: string): number | undefined => {
  const value = present(text);
  if (value === undefined) return undefined;
  const number = Number(value);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
};

const number = (key: keyof CardFields, factor = 1): ((text: string) => CardFields) => {
  return (text) => {
    const value = numberOf(text);
    return value === undefined ? {} : { [key]: value * factor };
  };
};

const text = (key: keyof CardFields): ((value: string) => CardFields) => {
  return (value) => {
    const found = present(value);
    return found === undefined ? {} : { [key]: found };
  };
};

const flag = (key: keyof CardFields): ((value: string) => CardFields) => {
  return (value) => (present(value) === undefined ? {} : { [key]: value === 'Enabled' });
};

/** Fields of every driver that this studio can use at all. */
const BASE: readonly Field[] = [
  { query: 'memory.total', read: number('memoryTotalBytes', MEBIBYTE) },
  { query: 'memory.used', read: number('memoryUsedBytes', MEBIBYTE) },
  { query: 'utilization.gpu', read: number('utilisation', 0.01) },
  { query: 'temperature.gpu', read: number('temperatureCelsius') },
  { query: 'power.draw', read: number('powerWatts') },
  { query: 'power.limit', read: number('powerLimitWatts') },
  { query: 'pci.bus_id', read: text('pciBusId') },
];

/** Fields that older drivers refuse with “not a valid field to query”, which fails the whole query. */
const NEWER: readonly Field[] = [
  { query: 'compute_cap', read: text('computeCapability') },
  { query: 'display_active', read: flag('displayActive') },
  { query: 'mig.mode.current', read: flag('mig') },
];

const IDENTITY = ['index', 'uuid', 'name', 'driver_version'];

export type GpuQuery = Readonly<{
  args: readonly string[];
  /** The cards in what `nvidia-smi` answered; throws {@link UnreadableLine}. */
  parse: (stdout: string) => ParsedCards;
}>;

export type ParsedCards = Readonly<{ driverVersion: string | undefined; cards: readonly GpuCard[] }>;

export class UnreadableLine extends Error {
  readonly line: string;

  constructor(line: string) {
    super(`not a line of nvidia-smi: ${line}`);
    this.name = 'UnreadableLine';
    this.line = line;
  }
}

const gpuQuery = (fields: readonly Field[]): GpuQuery => ({
  args: [
    `--query-gpu=${[...IDENTITY, ...fields.map((field) => field.query)].join(',')}`,
    '--format=csv,noheader,nounits',
  ],
  parse: (stdout) => {
    let driverVersion: string | undefined;
    const cards: GpuCard[] = [];
    for (const line of stdout.split(/\r?\n/u)) {
      if (line.trim() === '' || /^no devices were found$/iu.test(line.trim())) continue;
      const [index, uuid, name, driver, ...values] = line.split(',').map((value) => value.trim());
      const isCard = /^\d{1,3}$/u.test(index ?? '') && uuid !== undefined && name !== undefined;
      if (!isCard || values.length !== fields.length) throw new UnreadableLine(line.trim().slice(0, 300));
      driverVersion ??= present(driver ?? '');
      const read = fields.map((field, at) => field.read(values[at] ?? ''));
      cards.push({ index: Number(index), uuid, name, ...(Object.assign({}, ...read) as CardFields) });
    }
    return { driverVersion, cards };
  },
});

/** The whole question, and the one that drivers without the newer fields understand. */
export const GPU_QUERIES: readonly GpuQuery[] = [gpuQuery([...BASE, ...NEWER]), gpuQuery(BASE)];

/** Whether an answer is the refusal of a field, which the next, shorter query can get around. */
export const isFieldRefused = (output: string): boolean =>
  /is not a valid field to query|not a valid field/iu.test(output);

/** Asks who holds memory of the cards. */
export const PROCESS_ARGS = [
  '--query-compute-apps=gpu_uuid,pid,process_name,used_memory',
  '--format=csv,noheader,nounits',
] as const;

/** The processes in what `nvidia-smi` answered; a line of another form is left out. */
export const parseProcesses = (stdout: string): readonly GpuProcess[] =>
  stdout.split(/\r?\n/u).flatMap((line) => {
    const values = line.split(',').map((value) => value.trim());
    const [gpuUuid, pid, ...rest] = values;
    const used = numberOf(rest.at(-1) ?? '');
    if (gpuUuid === undefined || !/^\d+$/u.test(pid ?? '') || rest.length < 2) return [];
    // A path may hold commas; the memory stands behind the last.
    const name = present(rest.slice(0, -1).join(', ')) ?? '';
    return [
      { gpuUuid, pid: Number(pid), name, ...(used === undefined ? {} : { memoryBytes: used * MEBIBYTE }) },
    ];
  });
