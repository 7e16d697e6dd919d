"""Builds a `tokenizers` BPE from an InternLM2 sentencepiece model.

sentencepiece merges by piece score, a BPE by the rank of its merge list: every split of a normal
piece into two normal pieces is a merge, ordered by the piece's score. Ordering by id instead gives
other ids on some texts.
"""

from tokenizers import AddedToken, Tokenizer
from tokenizers.decoders import ByteFallback, Fuse
from tokenizers.decoders import Replace as ReplaceDecoder
from tokenizers.decoders import Sequence as DecoderSequence
from tokenizers.models import BPE
from tokenizers.normalizers import Replace as ReplaceNormalizer

from legal_eagle.models.sentencepiece_model import PieceType, SentencepieceModel

_SPACE = "▁"
# Early InternLM2 folders leave the control tokens unnamed; the ids are the same in all of them.
_UNNAMED_CONTROL = {
    "[UNUSED_TOKEN_141]": "<|plugin|>",
    "[UNUSED_TOKEN_142]": "<|interpreter|>",
    "[UNUSED_TOKEN_143]": "<|action_end|>",
    "[UNUSED_TOKEN_144]": "<|action_start|>",
    "[UNUSED_TOKEN_145]": "<|im_end|>",
    "[UNUSED_TOKEN_146]": "<|im_start|>",
}


def build_bpe(model: SentencepieceModel) -> Tokenizer:
    """The tokenizer of `model`; it adds no `<s>` by itself."""
    control_names = set(_UNNAMED_CONTROL.values())
    vocab = {_UNNAMED_CONTROL.get(piece.text, piece.text): id_ for id_, piece in enumerate(model.pieces)}
    tokenizer = Tokenizer(
        BPE(
            vocab=vocab,
            merges=_merges(model),
            unk_token=model.pieces[model.unk_id].text,
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    tokenizer.normalizer = ReplaceNormalizer(" ", _SPACE)
    tokenizer.decoder = DecoderSequence([ReplaceDecoder(_SPACE, " "), ByteFallback(), Fuse()])
    special: list[AddedToken] = []
    plain: list[AddedToken] = []
    for piece in model.pieces:
        name = _UNNAMED_CONTROL.get(piece.text, piece.text)
        if name in control_names or piece.type in (PieceType.CONTROL, PieceType.UNKNOWN):
            special.append(AddedToken(name, special=True, normalized=False))
        elif piece.type is PieceType.USER_DEFINED:
            plain.append(AddedToken(name, special=False, normalized=False))
    tokenizer.add_special_tokens(special)
    tokenizer.add_tokens(plain)
    return tokenizer


def _merges(model: SentencepieceModel) -> list[tuple[str, str]]:
    ids = {piece.text: id_ for id_, piece in enumerate(model.pieces) if piece.type is PieceType.NORMAL}
    ranked: list[tuple[float, int, int, str, str]] = []
    for piece in model.pieces:
        if piece.type is not PieceType.NORMAL:
            continue
        text = piece.text
        for cut in range(1, len(text)):
            left = ids.get(text[:cut])
            if left is None:
                continue
            right = ids.get(text[cut:])
            if right is not None:
                ranked.append((-piece.score, left, right, text[:cut], text[cut:]))
    ranked.sort()
    return [(left, right) for _, _, _, left, right in ranked]
