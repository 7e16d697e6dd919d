import type { ErrorCode } from '../contract/errors/index.ts';
import { describeError } from '../contract/errors/index.ts';

/** Environments a person can choose; `dev` is the repository's own. */
export const TRAINING_VARIANTS = ['cpu', 'cu126', 'cu130'] as const;
export type TrainingVariant = (typeof TRAINING_VARIANTS)[number];

type CudaVariant = Exclude<TrainingVariant, 'cpu'>;

export type Sentence = Readonly<{ en: string; zh: string }>;

export type VariantCard = Readonly<{
  name: string;
  /** `8.9`; undefined where the driver does not tell. */
  computeCapability: string | undefined;
}>;

export type VariantQuestion = Readonly<{
  system: 'linux' | 'windows';
  /** Node's name of the processor: `x64`, `arm64` … */
  architecture: string;
  /** `580.65.06` */
  driverVersion: string | undefined;
  cards: readonly VariantCard[];
}>;

export type VariantChoice =
  | Readonly<{ kind: 'variant'; variant: TrainingVariant; reason: Sentence }>
  | Readonly<{
      kind: 'refused';
      code: ErrorCode;
      params: Readonly<Record<string, unknown>>;
      reason: Sentence;
      /** What each CUDA variant would serve of this machine, for a person who leaves the other cards out. */
      parts: readonly Readonly<{ variant: CudaVariant; cards: readonly string[] }>[];
    }>;

/** Compute capability as ten times its number: 8.9 → 89, 12.0 → 120. */
type Capability = number;

type Support = Readonly<{ leastDriver: number; from: Capability; to: Capability }>;

/** The last torch releases' cards and drivers; NVIDIA's minor-version compatibility and PyTorch's build matrix. */
const TURING: Capability = 75;
const ADA: Capability = 89;
const HOPPER: Capability = 90;
/** Binaries for 12.0 run on every 12.x; what comes after is not in these builds. */
const NEWEST: Capability = 129;
const LEAST_DRIVER: Readonly<Record<CudaVariant, number>> = { cu126: 525, cu130: 580 };

const supportOf = (variant: CudaVariant, system: VariantQuestion['system']): Support =>
  variant === 'cu130'
    ? { leastDriver: LEAST_DRIVER.cu130, from: TURING, to: NEWEST }
    : // The Windows build starts at Pascal's consumer cards.
      { leastDriver: LEAST_DRIVER.cu126, from: system === 'windows' ? 61 : 50, to: HOPPER };

const capabilityOf = (card: VariantCard): Capability | undefined => {
  const match = /^(\d{1,2})\.(\d)$/u.exec(card.computeCapability?.trim() ?? '');
  return match === null ? undefined : Number(match[1]) * 10 + Number(match[2]);
};

const driverMajorOf = (version: string | undefined): number | undefined => {
  const match = /^(\d{2,4})\./u.exec(version?.trim() ?? '');
  return match === null ? undefined : Number(match[1]);
};

const capabilityText = (capability: Capability): string =>
  `${String(Math.floor(capability / 10))}.${String(capability % 10)}`;

type Known = Readonly<{ name: string; capability: Capability }>;

/** `2 × NVIDIA GeForce RTX 3090 (8.6), Tesla V100-PCIE-16GB (7.0)` */
const cardList = (cards: readonly Known[]): string => {
  const counts = new Map<string, number>();
  for (const { name, capability } of cards) {
    const text = `${name} (${capabilityText(capability)})`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => (count > 1 ? `${String(count)} × ${text}` : text)).join(', ');
};

/**
 * Which build of the Python environment fits this machine, by compute capability and driver, with its reason.
 * Pure, and total: every machine gets a variant or a refusal with a code. Sources: NVIDIA's CUDA minor-version
 * compatibility (CUDA 13 needs driver 580, CUDA 12 needs 525) and PyTorch's build matrix of torch 2.13.
 */
export function chooseRuntimeVariant(question: VariantQuestion): VariantChoice {
  const { cards, system, architecture, driverVersion } = question;
  if (architecture !== 'x64') {
    return refuse(question, [], 'runtime.architecture_unsupported', { architecture });
  }
  if (cards.length === 0) return chosen('cpu', NO_CARD);
  const known: Known[] = [];
  const unknown: string[] = [];
  for (const card of cards) {
    const capability = capabilityOf(card);
    if (capability === undefined) unknown.push(card.name);
    else known.push({ name: card.name, capability });
  }
  const no = (code: ErrorCode, params: Readonly<Record<string, unknown>>): VariantChoice =>
    refuse(question, known, code, params);

  const driver = driverMajorOf(driverVersion);
  if (driver === undefined) return no('runtime.driver_unknown', { driver: driverVersion ?? '–' });
  const tooOldDriver = (needed: number, recommended: number): VariantChoice =>
    no('runtime.driver_too_old', {
      driver: driverVersion,
      needed,
      recommended,
      cards: known.length > 0 ? cardList(known) : unknown.join(', '),
    });
  if (unknown.length > 0) {
    return driver < LEAST_DRIVER.cu126
      ? tooOldDriver(LEAST_DRIVER.cu126, LEAST_DRIVER.cu130)
      : no('runtime.card_unknown', { cards: unknown.join(', ') });
  }

  const oldest = supportOf('cu126', system).from;
  const outside = known.filter((card) => card.capability < oldest);
  if (outside.length > 0) {
    return no('runtime.card_too_old', { cards: cardList(outside), oldest: capabilityText(oldest) });
  }
  const tooNew = known.filter((card) => card.capability > NEWEST);
  if (tooNew.length > 0) return no('runtime.card_too_new', { cards: cardList(tooNew) });

  const preTuring = known.filter((card) => card.capability < TURING);
  const newest = Math.max(...known.map((card) => card.capability));
  const facts = { cards: cardList(known), driver: driverVersion ?? '' };
  if (preTuring.length > 0) {
    if (newest > ADA) {
      const newer = cardList(known.filter((card) => card.capability > ADA));
      return no('runtime.mixed_cards', { older: cardList(preTuring), newer });
    }
    if (driver < LEAST_DRIVER.cu126) return tooOldDriver(LEAST_DRIVER.cu126, LEAST_DRIVER.cu126);
    return chosen('cu126', olderCards(cardList(preTuring), facts.driver));
  }
  if (driver >= LEAST_DRIVER.cu130) return chosen('cu130', modern(facts));
  if (newest > HOPPER) return tooOldDriver(LEAST_DRIVER.cu130, LEAST_DRIVER.cu130);
  if (driver >= LEAST_DRIVER.cu126) return chosen('cu126', olderDriver(facts));
  return tooOldDriver(LEAST_DRIVER.cu126, LEAST_DRIVER.cu130);
}

const chosen = (variant: TrainingVariant, reason: Sentence): VariantChoice => ({
  kind: 'variant',
  variant,
  reason,
});

function refuse(
  { system, driverVersion, architecture }: VariantQuestion,
  known: readonly Known[],
  code: ErrorCode,
  params: Readonly<Record<string, unknown>>,
): VariantChoice {
  const say = (language: 'en' | 'zh'): string => {
    const { message, action } = describeError({ code, params }, language);
    return `${message}${language === 'en' ? ' ' : ''}${action}`;
  };
  const driver = driverMajorOf(driverVersion) ?? 0;
  const parts = (['cu130', 'cu126'] as const).flatMap((variant) => {
    const { leastDriver, from, to } = supportOf(variant, system);
    const cards = known.filter((card) => card.capability >= from && card.capability <= to);
    const fits = architecture === 'x64' && driver >= leastDriver && cards.length > 0;
    return fits ? [{ variant, cards: cards.map((card) => card.name) }] : [];
  });
  return { kind: 'refused', code, params, reason: { en: say('en'), zh: say('zh') }, parts };
}

type Facts = Readonly<{ cards: string; driver: string }>;

const NO_CARD: Sentence = {
  en: 'No NVIDIA card was found, so the CPU build fits: data tools and the embedded model run, real models do not.',
  zh: '未找到 NVIDIA 显卡，因此使用 CPU 版本：可处理数据并运行内置小模型，不能训练真正的模型。',
};

const modern = ({ cards, driver }: Facts): Sentence => ({
  en: `${cards}: compute capability 7.5 or newer, and driver ${driver} is 580 or newer, so the CUDA 13.0 build fits.`,
  zh: `${cards}：计算能力不低于 7.5，驱动 ${driver} 不低于 580，因此使用 CUDA 13.0 版本。`,
});

const olderDriver = ({ cards, driver }: Facts): Sentence => ({
  en: `${cards}: driver ${driver} runs CUDA 12 but not CUDA 13 (which needs 580), so the CUDA 12.6 build fits.`,
  zh: `${cards}：驱动 ${driver} 支持 CUDA 12，但不支持 CUDA 13（需要 580），因此使用 CUDA 12.6 版本。`,
});

const olderCards = (cards: string, driver: string): Sentence => ({
  en: `${cards}: below compute capability 7.5, which only the CUDA 12.6 build still serves; driver ${driver} is new enough for it (525).`,
  zh: `${cards}：计算能力低于 7.5，仅 CUDA 12.6 版本仍然支持；驱动 ${driver} 满足要求（525）。`,
});
