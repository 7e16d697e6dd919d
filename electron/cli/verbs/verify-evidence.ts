import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import {
  canonicalJson,
  checkEvidence,
  evidenceSchema,
  unsealed,
  type Evidence,
  type EvidenceFinding,
  type FileNow,
} from '../../shared/domain/card/evidence.ts';
import type { Verb } from '../verb.ts';

const FINDINGS = {
  'seal-broken': { en: 'the evidence itself was changed', zh: '证据文件本身被改动过' },
  missing: { en: 'missing', zh: '缺失' },
  changed: { en: 'changed', zh: '已改动' },
  unlisted: { en: 'not part of the release', zh: '不属于发布内容' },
} as const;

export const verifyEvidence: Verb = {
  name: 'release verify-evidence',
  summary: {
    en: 'compare a downloaded release with its evidence.json',
    zh: '将下载的发布内容与其 evidence.json 逐一比对',
  },
  usage: 'FILE',
  options: {},
  run: async ({ args, terminal }) => {
    const file = path.resolve(args.required(0, 'FILE'));
    const evidence = readEvidence(file);
    const seal = createHash('sha256')
      .update(canonicalJson(unsealed(evidence)))
      .digest('hex');
    const files = await filesBeside(path.dirname(file), evidence);
    const findings = checkEvidence(evidence, { seal, files });
    for (const finding of findings) terminal.say(lineOf(finding, terminal.language));
    if (findings.length === 0) {
      const count = String(evidence.files.length);
      terminal.say(
        terminal.language === 'zh'
          ? `${count} 个文件与证据一致。`
          : `${count} files are as the evidence says.`,
      );
    }
    return { value: { files: evidence.files.length, findings }, exitCode: findings.length === 0 ? 0 : 1 };
  },
};

function lineOf(finding: EvidenceFinding, language: 'zh' | 'en'): string {
  const said = FINDINGS[finding.kind][language];
  return 'path' in finding ? `${finding.path}  ${said}` : said;
}

/** Throws `card.evidence_unreadable`. */
function readEvidence(file: string): Evidence {
  try {
    return evidenceSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StudioError('card.evidence_unreadable', { path: file, reason }, { cause: error });
  }
}

/** What lies beside the evidence. A listed path that leads out of the folder is not looked at: it is missing. */
async function filesBeside(folder: string, evidence: Evidence): Promise<ReadonlyMap<string, FileNow>> {
  const below = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((name) => !name.startsWith('.'));
  const listed = new Set(evidence.files.map((one) => one.path));
  const now = new Map<string, FileNow>();
  for (const name of below) {
    now.set(name, listed.has(name) ? await fileNow(path.join(folder, name)) : { bytes: 0, sha256: '' });
  }
  return now;
}

async function fileNow(file: string): Promise<FileNow> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return { bytes: statSync(file).size, sha256: hash.digest('hex') };
}
