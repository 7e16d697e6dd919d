/** Gate for the house rules that no linter of its own checks. Prints each offence as `file:line: what`. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { repositoryRoot } from './dev-environment.ts';

const MAX_LINES = 450;
const SOURCE = /\.(ts|tsx|py|cjs|js|mjs)$/u;
const TEXT = /\.(ts|tsx|py|cjs|js|mjs|json|jsonl|md|toml|yaml|yml|sql|css|html|sh|lock|in|txt)$/u;

type Rule = Readonly<{ name: string; files: RegExp; except?: RegExp; pattern: RegExp }>;

const RULES: readonly Rule[] = [
  {
    name: 'address of a package registry (mirrors stand only in resources/mirrors.json)',
    files: TEXT,
    except: /^resources\/mirrors\.json$/u,
    pattern: /https?:\/\/[^/ "'`)]*(registry|npm|pypi|pythonhosted|debian|pytorch)[^/ "'`)]*\//iu,
  },
  {
    name: 'index line in a lock',
    files: /\.(lock|in)$/u,
    pattern: /:\/\/|--(extra-)?index-url|--find-links/u,
  },
  { name: 'resolved address in a lock file', files: /package-lock\.json$/u, pattern: /"resolved": *"http/u },
  {
    name: 'unfinished work',
    files: SOURCE,
    except: /^electron\/tools\/repository-rules\.ts$/u,
    pattern: /\b(TODO|FIXME|XXX|HACK)\b/u,
  },
  {
    name: 'focused or silently skipped test',
    files: /^test\/.*\.(ts|tsx)$/u,
    pattern: /\b(it|test|describe)\.(only|skip|todo)\b/u,
  },
  {
    name: 'pickle or remote code',
    files: /^python-runtime\/legal_eagle\/.*\.py$/u,
    pattern: /^\s*(import|from) pickle\b|torch\.load\(|trust_remote_code=True/u,
  },
  { name: 'file called utils', files: /(^|\/)utils?\.(ts|tsx|py)$/u, pattern: /^/u },
];

const offencesIn = (file: string, text: string): readonly string[] => {
  const lines = text.split('\n');
  const found: string[] = [];
  if (SOURCE.test(file) && lines.length - 1 > MAX_LINES) {
    found.push(`${file}: ${String(lines.length - 1)} lines, more than ${String(MAX_LINES)}`);
  }
  for (const rule of RULES) {
    if (!rule.files.test(file) || rule.except?.test(file) === true) continue;
    lines.forEach((line, index) => {
      if (rule.pattern.test(line) && (rule.pattern.source !== '^' || index === 0)) {
        found.push(`${file}:${String(index + 1)}: ${rule.name}`);
      }
    });
  }
  return found;
};

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: repositoryRoot,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => TEXT.test(file) || SOURCE.test(file));

const offences = files.flatMap((file) => {
  try {
    return offencesIn(file, readFileSync(path.join(repositoryRoot, file), 'utf8'));
  } catch {
    // Listed by git but removed in the working tree.
    return [];
  }
});
for (const offence of offences) process.stdout.write(`${offence}\n`);
process.exitCode = offences.length === 0 ? 0 : 1;
