import type { ReleasePartChoice } from '../../shared/contract/methods/releases.ts';
import type { CardLanguage, CardPart } from '../../shared/domain/card/card-record.ts';
import type { Evidence } from '../../shared/domain/card/evidence.ts';
import type { CardWarning } from '../../shared/domain/card/card-warnings.ts';
import type { Hub } from '../../shared/domain/hub-endpoints.ts';
import type { ReleaseCard } from '../db/repositories/release-repository.ts';
import type { SourceFile } from './release-files.ts';

/** Where the files of a part lie, and whose they are. */
export type PartSource = Readonly<{
  part: CardPart;
  name: string;
  runId: string | undefined;
  step: number | undefined;
  modelId: string | undefined;
  folder: string;
  files: readonly SourceFile[];
}>;

/** What hubs call the base of an adapter, as far as anybody knows. */
export type BaseName = Readonly<{ name: string; id: string | undefined; revision: string | undefined }>;

export type CardRequest = Readonly<{
  card: ReleaseCard;
  sources: readonly PartSource[];
  hub: Hub;
  language: CardLanguage;
  audience: 'private' | 'public';
  madeAtMs: number;
}>;

export type GeneratedFile = Readonly<{ path: string; content: string | Uint8Array }>;

/** The card of one part and what goes with it. */
export type MadeCard = Readonly<{
  part: CardPart;
  readme: string;
  warnings: readonly CardWarning[];
  /** Besides the README: what the hub wants, the base's licence, the picture of the losses. */
  files: readonly GeneratedFile[];
  /** `evidence.json` over the files of the repository. */
  evidence: (files: Evidence['files']) => string;
}>;

/** What the release asks of the other domains. */
export type ReleaseSources = Readonly<{
  /** Throws `core.not_found`, `core.ambiguous`, `release.*`, `model.not_ready`. */
  resolve: (choice: ReleasePartChoice) => PartSource;
  /** Everything that can be released along with a run or a model, itself first. */
  offers: (
    wanted: Readonly<{ run: string; step?: number | undefined } | { model: string }>,
  ) => readonly PartSource[];
  cards: (request: CardRequest) => Promise<readonly MadeCard[]>;
  baseOf: (source: PartSource, hub: Hub) => BaseName;
  /** The SHA-256 of a source's files where they are known and the files unchanged. */
  knownDigests: (source: PartSource) => ReadonlyMap<string, string>;
  /** What could be told of the cards before anything is chosen. */
  facts: (source: PartSource) => Readonly<{
    baseLicence: Readonly<{ name?: string | undefined; file: string }> | undefined;
    datasets: readonly string[];
    samplePrompts: readonly string[];
  }>;
  /** What was found of what the model remembers; undefined: nobody has looked. */
  memorisation: (source: PartSource) => 'clean' | 'flagged' | undefined;
}>;
