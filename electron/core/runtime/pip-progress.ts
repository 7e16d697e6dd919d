import type { InstallProgress } from '../../shared/contract/methods/runtime.ts';

/**
 * Reads pip's output with `--progress-bar raw` (`Progress <bytes> of <bytes>`, `Collecting <name>==<version>`,
 * `Processing <file>`), which pip writes since 24.1, and keeps count over the whole installation.
 */
export class PipProgress {
  readonly #packagesTotal: number;
  readonly #phase: InstallProgress['phase'];
  readonly #report: (progress: InstallProgress) => void;
  #package: string | undefined;
  #packagesDone = 0;
  #finishedBytes: number;
  #fileBytes = 0;
  #fileTotalBytes = 0;

  constructor(
    phase: InstallProgress['phase'],
    packagesTotal: number,
    report: (progress: InstallProgress) => void,
    /** Fetched before this call of pip. */
    bytesBefore = 0,
  ) {
    this.#finishedBytes = bytesBefore;
    this.#phase = phase;
    this.#packagesTotal = packagesTotal;
    this.#report = report;
  }

  /** Fetched so far by the whole installation. */
  get bytes(): number {
    return this.#finishedBytes + this.#fileBytes;
  }

  line(line: string): void {
    const bytes = /^Progress (\d+) of (\d+)$/u.exec(line.trim());
    if (bytes !== null) {
      this.#fileBytes = Number(bytes[1]);
      this.#fileTotalBytes = Number(bytes[2]);
      this.#emit();
      return;
    }
    const collecting = /^Collecting ([A-Za-z0-9._-]+)/u.exec(line);
    const processing = /^Processing .*[\\/]([A-Za-z0-9._]+)-[^\\/]*\.whl/u.exec(line);
    const name = collecting?.[1] ?? processing?.[1];
    if (name !== undefined) {
      if (this.#package !== undefined) this.#packagesDone += 1;
      this.#package = name;
      this.#closeFile();
      this.#emit();
    } else if (line.startsWith('Installing collected packages')) {
      this.#closeFile();
      this.#packagesDone = this.#packagesTotal;
      this.#package = undefined;
      this.#emit();
    }
  }

  #closeFile(): void {
    this.#finishedBytes += this.#fileTotalBytes;
    this.#fileBytes = 0;
    this.#fileTotalBytes = 0;
  }

  #emit(): void {
    this.#report({
      phase: this.#phase,
      package: this.#package,
      packagesDone: Math.min(this.#packagesDone, this.#packagesTotal),
      packagesTotal: this.#packagesTotal,
      fileBytes: this.#fileBytes,
      fileTotalBytes: this.#fileTotalBytes,
      downloadedBytes: this.bytes,
    });
  }
}
