"""A model folder's tokenizer as a GGUF vocabulary: sentencepiece pieces with scores, or byte-level merges."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import gguf

from legal_eagle.export.sources import ExportSources
from legal_eagle.export.spm_pieces import cut_by_scores, joins_alike, scores_of_merges
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.sentencepiece_model import read_pieces
from legal_eagle.models.templates import Template
from legal_eagle.models.tokenizer import SENTENCEPIECE_FILE
from legal_eagle.release.parity_prompts import BUILT_IN_PROMPTS

_SPACE = "▁"
_BYTE = re.compile(r"^<0x[0-9A-F]{2}>$")
_UNUSED = re.compile(r"^(\[UNUSED_TOKEN_\d+\]|<TOKENS_UNUSED_\d+>)$")
# llama.cpp ends a token's text at NUL; a code point that stands for nothing takes its place.
_INSTEAD_OF_NUL = "\U0010fffd"

# How a byte-level vocabulary splits text before it joins bytes, by the expression of its tokenizer.json, and
# what llama.cpp calls this (llama-vocab.cpp, `llm_tokenizer_bpe`).
_LETTERS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SPLITS: Mapping[str, str] = {
    rf"{_LETTERS}|\p{{N}}{_REST}": "qwen2",
    rf"{_LETTERS}|\p{{N}}{{1,3}}{_REST}": "llama-bpe",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+": "tekken",
}


@dataclass(frozen=True)
class GgufVocabulary:
    """``tokens`` by id, as many as the model has embeddings; ``scores`` or ``merges``, as its kind needs."""

    model: Literal["llama", "gpt2"]
    pre: str
    tokens: Sequence[str]
    types: Sequence[int]
    scores: Sequence[float] | None
    merges: Sequence[str] | None
    bos_id: int | None
    eos_id: int
    pad_id: int | None
    unk_id: int | None
    add_bos: bool
    add_space_prefix: bool
    chat_template: str
    # False where cutting alike was seen on texts only, not proven for all.
    proven: bool = True

    def put(self, writer: gguf.GGUFWriter) -> None:
        writer.add_tokenizer_model(self.model)
        writer.add_tokenizer_pre(self.pre)
        writer.add_token_list(self.tokens)
        writer.add_token_types(self.types)
        if self.scores is not None:
            writer.add_token_scores(self.scores)
        if self.merges is not None:
            writer.add_token_merges(self.merges)
        if self.bos_id is not None:
            writer.add_bos_token_id(self.bos_id)
        writer.add_eos_token_id(self.eos_id)
        # What ends an answer, by both names that programs look for.
        writer.add_eot_token_id(self.eos_id)
        if self.pad_id is not None:
            writer.add_pad_token_id(self.pad_id)
        if self.unk_id is not None:
            writer.add_unk_token_id(self.unk_id)
        writer.add_add_bos_token(self.add_bos)
        writer.add_add_space_prefix(self.add_space_prefix)
        writer.add_chat_template(self.chat_template)


def read_vocabulary(sources: ExportSources, chat_template: str) -> GgufVocabulary:
    """Raises JobError ``export.tokenizer_unsupported`` where llama.cpp would cut text otherwise."""
    stored: dict[str, Any] = json.loads(sources.tokenizer.to_json())
    model = stored["model"]
    if model.get("type") != "BPE":
        raise _unsupported(f"a {model.get('type')} model")
    config, template, tokenizer = sources.config, sources.template, sources.tokenizer
    control = _control_names(template)
    added = {token["id"]: token for token in stored.get("added_tokens", [])}
    vocab: dict[str, int] = model["vocab"]
    names = {id_: text for text, id_ in vocab.items()} | {
        id_: token["content"] for id_, token in added.items()
    }
    is_pieces = bool(model.get("byte_fallback"))
    tokens, types = [], []
    for id_ in range(config.vocab_size):
        text = names.get(id_)
        kind = _kind_of(text, added.get(id_), control, is_pieces)
        tokens.append(f"[PAD{id_}]" if text is None else text.replace("\0", _INSTEAD_OF_NUL))
        types.append(int(kind))
    merges = [_pair(merge) for merge in model["merges"]]
    stop = tokenizer.special_id(template.stop[0])
    unk = model.get("unk_token")
    common: dict[str, Any] = {
        "tokens": tokens,
        "types": types,
        "bos_id": tokenizer.bos_id if tokenizer.bos_id is not None else config.bos_id,
        "eos_id": stop,
        "pad_id": config.pad_id if config.pad_id is None or config.pad_id < config.vocab_size else None,
        "unk_id": vocab.get(unk) if unk else None,
        "add_bos": template.bos is not None,
        "chat_template": chat_template,
    }
    if not is_pieces:
        return GgufVocabulary(
            model="gpt2",
            pre=_split_name(stored),
            scores=None,
            merges=[f"{left} {right}" for left, right in merges],
            add_space_prefix=False,
            **common,
        )
    prefix = _space_prefix(stored)
    scores, proven = _scores(sources, vocab, merges, tokens, added.keys())
    return GgufVocabulary(
        model="llama",
        pre="default",
        scores=scores,
        proven=proven,
        merges=None,
        add_space_prefix=prefix,
        **common,
    )


def _control_names(template: Template) -> frozenset[str]:
    """Control tokens of the template: some vocabularies store them as ordinary user symbols."""
    marks = (mark for turn in template.turns.values() for mark in (*turn.opening, *turn.closing))
    return frozenset((*(mark.text for mark in marks if mark.is_special), *template.stop))


def _kind_of(
    text: str | None, added: Mapping[str, Any] | None, control: frozenset[str], is_pieces: bool
) -> gguf.TokenType:
    if text is None or "\0" in text or _UNUSED.match(text):
        return gguf.TokenType.UNUSED
    if is_pieces and text == "<unk>":
        return gguf.TokenType.UNKNOWN
    if text in control or (added is not None and added["special"]):
        return gguf.TokenType.CONTROL
    if added is not None:
        return gguf.TokenType.USER_DEFINED
    if is_pieces and _BYTE.match(text):
        return gguf.TokenType.BYTE
    return gguf.TokenType.NORMAL


def _scores(
    sources: ExportSources,
    vocab: Mapping[str, int],
    merges: Sequence[tuple[str, str]],
    tokens: Sequence[str],
    added: Any,
) -> tuple[list[float], bool]:
    """Scores of the folder's own sentencepiece model, or scores under which the merge list comes
    out; and whether that is proven."""
    path = sources.folder / SENTENCEPIECE_FILE
    if path.is_file():
        pieces = read_pieces(path)
        same = all(
            piece.text == tokens[id_] or id_ in added or "\0" in piece.text
            for id_, piece in enumerate(pieces[: len(tokens)])
        )
        # Another model's file beside this tokenizer would give every piece a wrong place.
        if same and len(pieces) <= len(tokens):
            return [*(piece.score for piece in pieces), *([0.0] * (len(tokens) - len(pieces)))], True
    made = scores_of_merges(vocab, merges)
    proven = joins_alike(vocab, merges, made)
    if not proven:
        _check_on_texts(sources, vocab, made)
    lowest = -float(len(merges) + 1)
    scores = [0.0 if id_ in added else made.get(text, lowest) for id_, text in enumerate(tokens)]
    return scores, proven


def _check_on_texts(sources: ExportSources, vocab: Mapping[str, int], scores: Mapping[str, float]) -> None:
    """No proof, so both cut the texts of the parity check. Raises where one of them comes out otherwise."""
    tokenizer = sources.tokenizer
    texts = [*BUILT_IN_PROMPTS, *sources.record.sample_prompts, sources.record.system_prompt or ""]
    unalike = 0
    for text in texts:
        cut = cut_by_scores(text.replace(" ", _SPACE), scores)
        ids = [id_ for piece in cut for id_ in _ids_of(piece, vocab)]
        unalike += ids != tokenizer.encode(text)
    if unalike:
        raise _unsupported(f"{unalike} of {len(texts)} texts are cut differently by piece scores")


def _ids_of(piece: str, vocab: Mapping[str, int]) -> list[int]:
    if piece in vocab:
        return [vocab[piece]]
    return [vocab[f"<0x{byte:02X}>"] for byte in piece.encode("utf-8")]


def _pair(merge: Any) -> tuple[str, str]:
    """Written as a pair, or by older programs as one text with a space between."""
    left, right = merge.split(" ", 1) if isinstance(merge, str) else merge
    return str(left), str(right)


def _space_prefix(stored: Mapping[str, Any]) -> bool:
    """Whether a text begins with a space that nobody typed. Raises where something else is done to it."""
    normalizer, splitter = stored.get("normalizer"), stored.get("pre_tokenizer")
    steps: list[Any]
    steps = [normalizer]
    if normalizer is not None and normalizer["type"] == "Sequence":
        steps = normalizer["normalizers"]
    prefix = False
    for step in steps:
        kind = None if step is None else step["type"]
        if kind == "Prepend" and step["prepend"] == _SPACE:
            prefix = True
        elif kind not in (None, "Replace"):
            raise _unsupported(f"text is changed by {kind}")
    if splitter is None:
        return prefix
    if splitter["type"] == "Metaspace" and not splitter.get("split", True):
        return prefix or splitter.get("prepend_scheme") in ("first", "always")
    raise _unsupported(f"text is split by {splitter['type']}")


def _split_name(stored: Mapping[str, Any]) -> str:
    splitter = stored.get("pre_tokenizer") or {}
    steps = splitter["pretokenizers"] if splitter.get("type") == "Sequence" else [splitter]
    if steps[-1].get("type") != "ByteLevel":
        raise _unsupported(f"text is split by {steps[-1].get('type')}")
    splits = [step for step in steps if step.get("type") == "Split"]
    if len(steps) != len(splits) + 1:
        raise _unsupported("text is split in steps of its own")
    if not splits and steps[-1].get("use_regex", True):
        return "gpt-2"
    expression = splits[0]["pattern"].get("Regex") if len(splits) == 1 else None
    name = None if expression is None else _SPLITS.get(expression)
    if name is None:
        raise _unsupported("its splitting expression is not one that llama.cpp has")
    return name


def _unsupported(reason: str) -> JobError:
    return JobError(
        "export.tokenizer_unsupported",
        f"no GGUF vocabulary cuts text alike: {reason}",
        exit_code=EXIT_DATA,
        params={"reason": reason},
    )
