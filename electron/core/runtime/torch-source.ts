import { StudioError } from '../../shared/contract/studio-error.ts';
import type { RunCommand } from '../run-command.ts';
import { torchBuild, type RuntimeLock } from './runtime-paths.ts';

export type TorchSource =
  /** pip's own configuration offers a file whose digest the lock accepts. */
  | Readonly<{ kind: 'configured'; requirement: string; sha256: string }>
  /** PyTorch's index publishes a digest for the file that fits this Python and system. */
  | Readonly<{ kind: 'index'; requirement: string; sha256: string; index: string }>;

export type TorchSourceOptions = Readonly<{
  run: RunCommand;
  python: string;
  env: Readonly<Record<string, string | undefined>>;
  lock: RuntimeLock;
  /** Base address of PyTorch's index of this build (`resources/mirrors.json`). */
  torchIndex: string;
  fetchText: (url: string) => Promise<string>;
}>;

/** The wheel tags this Python accepts, best first, as pip computes them. */
const TAGS = 'import pip._vendor.packaging.tags as t; print("\\n".join(map(str, t.sys_tags())))';

/**
 * `==` accepts a local build (`2.13.0+cpu`), which the CPU locks want; a CUDA lock names the public file itself,
 * and a CPU wheel in a folder that pip is configured with must not stand in for it.
 */
const pinned = ({ variant, torchVersion }: RuntimeLock): string =>
  `torch${torchBuild(variant) === 'cpu' ? '==' : '==='}${torchVersion}`;

const configuredDigest = async (options: TorchSourceOptions): Promise<string | undefined> => {
  if (options.lock.torchDigests.length === 0) return undefined;
  const result = await options.run(
    options.python,
    // Dry run: pip reads the index and the file's metadata, and downloads no wheel.
    [
      '-m',
      'pip',
      'install',
      '--dry-run',
      '--quiet',
      '--ignore-installed',
      '--no-deps',
      '--report',
      '-',
    ].concat('--only-binary=:all:', pinned(options.lock)),
    { env: options.env },
  );
  if (result.exitCode !== 0) return undefined;
  type Report = { install?: { download_info?: { archive_info?: { hashes?: { sha256?: string } } } }[] };
  try {
    const report = JSON.parse(result.stdout.slice(result.stdout.indexOf('{'))) as Report;
    return report.install?.[0]?.download_info?.archive_info?.hashes?.sha256;
  } catch {
    return undefined;
  }
};

/** Wheels on an index page with the digests it publishes: `<a href="…/torch-….whl#sha256=<hex>">`. */
export const wheelsOfIndexPage = (
  page: string,
  pageUrl: string,
): readonly Readonly<{ url: string; name: string; sha256: string }>[] =>
  [...page.matchAll(/href="([^"#]+\.whl)#sha256=([0-9a-f]{64})"/gu)].map((match) => {
    const url = new URL(match[1] ?? '', pageUrl).toString();
    return { url, name: decodeURIComponent(url.split('/').at(-1) ?? ''), sha256: match[2] ?? '' };
  });

/**
 * Where torch comes from: pip's configuration when it offers an accepted digest, else PyTorch's own index by the
 * digest that index publishes over TLS. Throws `runtime.torch_unavailable` with both reasons.
 */
export const findTorchSource = async (options: TorchSourceOptions): Promise<TorchSource> => {
  const { lock } = options;
  const configured = await configuredDigest(options);
  if (configured !== undefined && lock.torchDigests.includes(configured)) {
    const requirement = `${pinned(lock)} --hash=sha256:${configured}`;
    return { kind: 'configured', requirement, sha256: configured };
  }
  const pageUrl = `${options.torchIndex.replace(/\/$/u, '')}/torch/`;
  let reason: string;
  try {
    const tags = (await options.run(options.python, ['-I', '-c', TAGS], { env: options.env })).stdout.split(
      '\n',
    );
    const { torchVersion } = lock;
    const build = torchBuild(lock.variant);
    const starts = torchVersion.includes('+')
      ? [`torch-${torchVersion}-`]
      : [`torch-${torchVersion}-`, `torch-${torchVersion}+${build}-`];
    const page = await options.fetchText(pageUrl);
    const wheels = wheelsOfIndexPage(page, pageUrl).filter(({ name }) =>
      starts.some((start) => name.startsWith(start)),
    );
    for (const tag of tags) {
      const wheel = wheels.find((one) => one.name.endsWith(`-${tag.trim()}.whl`));
      if (wheel !== undefined) {
        const requirement = `torch @ ${wheel.url} --hash=sha256:${wheel.sha256}`;
        return { kind: 'index', requirement, sha256: wheel.sha256, index: options.torchIndex };
      }
    }
    reason = `no wheel of torch ${torchVersion} (${build}) for this Python on PyTorch's index`;
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  throw new StudioError(
    'runtime.torch_unavailable',
    { version: lock.torchVersion, build: torchBuild(lock.variant) },
    {
      detail: `${configured === undefined ? 'pip offers none' : `pip offers sha256 ${configured}`}; ${reason}`,
    },
  );
};
