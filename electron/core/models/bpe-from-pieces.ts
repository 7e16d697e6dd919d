import { PIECE_TYPES, type Piece, type SentencepieceModel } from './sentencepiece-model.ts';
import type { TokenizerContent } from './tokenizer-content.ts';

const SPACE = '▁';

/**
 * An InternLM sentencepiece model as the content of a `tokenizer.json`, for plain text only: control tokens have no
 * name in it. The same tokenizer as `legal_eagle.models.bpe_from_pieces` builds.
 */
export function bpeFromPieces({ pieces, unkId }: SentencepieceModel): TokenizerContent {
  return {
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: SPACE },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
      ],
    },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(pieces.map(({ text }, id) => [text, id])),
      merges: mergesOf(pieces),
      unk_token: pieces[unkId]?.text,
      byte_fallback: true,
    },
    added_tokens: pieces.flatMap(({ text, type }, id) =>
      type === PIECE_TYPES.userDefined ? [{ id, content: text, special: false, normalized: false }] : [],
    ),
  };
}

/**
 * sentencepiece merges by piece score, a BPE by the rank in its list: every split of a normal piece into two normal
 * pieces is a merge, in the order of the piece's score. By id instead some texts get other ids.
 */
function mergesOf(pieces: readonly Piece[]): (readonly [string, string])[] {
  const normal = new Map(
    pieces.flatMap(({ text, type }, id) => (type === PIECE_TYPES.normal ? [[text, id] as const] : [])),
  );
  const ranked: { score: number; left: number; right: number; pair: readonly [string, string] }[] = [];
  for (const { text, score, type } of pieces) {
    if (type !== PIECE_TYPES.normal) continue;
    for (let cut = 1; cut < text.length; cut += 1) {
      // Half of a surrogate pair is no piece, so every cut that is found lies between characters.
      const pair = [text.slice(0, cut), text.slice(cut)] as const;
      const left = normal.get(pair[0]);
      if (left === undefined) continue;
      const right = normal.get(pair[1]);
      if (right !== undefined) ranked.push({ score, left, right, pair });
    }
  }
  ranked.sort((a, b) => b.score - a.score || a.left - b.left || a.right - b.right);
  return ranked.map(({ pair }) => pair);
}
