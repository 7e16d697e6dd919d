import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { repositoryRoot } from './studio-cli.ts';

const COMPUTE = `
import hashlib, json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import torch
from legal_eagle.engine.model import build_model
from legal_eagle.models.tokenizer import ChatTokenizer
from legal_eagle.release.engine_adapter import put_adapter_on
torch.set_num_threads(1)
seen = []
for model, adapter in json.loads(sys.argv[2]):
    decoder = build_model(Path(model))
    if adapter is not None:
        put_adapter_on(decoder, Path(adapter))
    ids = ChatTokenizer.load(Path(model)).encode('借款人到期不还，出借人可以怎么办？Answer in one sentence.', add_bos=True)
    with torch.no_grad():
        logits = decoder.logits(torch.tensor(ids), torch.arange(len(ids)), (0, len(ids))).float()
    assert logits.shape[0] == len(ids) and bool(torch.isfinite(logits).all()), logits.shape
    seen.append(hashlib.sha256(logits.numpy().tobytes()).hexdigest())
print(json.dumps(seen))
`;

/** A model folder, and the folder of an adapter to put on it. */
export type Computed = Readonly<{ model: string; adapter?: string }>;

/** The digest of the float32 logits of one text for each, all by the bundled engine on one thread. */
export async function logitDigests(python: string, wanted: readonly Computed[]): Promise<readonly string[]> {
  const pairs = wanted.map(({ model, adapter }) => [model, adapter ?? null]);
  const runtime = path.join(repositoryRoot, 'python-runtime');
  const { stdout } = await promisify(execFile)(python, ['-I', '-c', COMPUTE, runtime, JSON.stringify(pairs)]);
  return JSON.parse(stdout) as string[];
}
