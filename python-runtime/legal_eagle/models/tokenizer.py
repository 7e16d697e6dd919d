"""A model folder's tokenizer, without any code from the folder."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from tokenizers import Tokenizer

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.bpe_from_pieces import build_bpe
from legal_eagle.models.sentencepiece_model import read_sentencepiece_model

TOKENIZER_FILE = "tokenizer.json"
SENTENCEPIECE_FILE = "tokenizer.model"
_CONFIG_FILE = "tokenizer_config.json"
# For folders without tokenizer_config.json; where the vocabulary has no such token, none is added.
_DEFAULT_BOS = "<s>"
_BROKEN = "\ufffd"
# Where a tokenizer puts a space before a text: nowhere, before a chat's first, or after control tokens too.
PrefixSpace = Literal["never", "first", "always"]
# A character is at most 4 bytes, so at most 4 byte tokens can be waiting for their end.
_MAX_PENDING_TOKENS = 4


class ChatTokenizer:
    """Text to token ids and back.

    Text is always plain text here: the name of a control token inside it (`<|im_end|>` typed by a
    person) becomes ordinary pieces. Control tokens enter only by id, from `special_id`.
    """

    def __init__(self, tokenizer: Tokenizer, *, content_hash: str, bos_token: str | None) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.encode_special_tokens = True
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.content_hash = content_hash
        self.bos_id = None if bos_token is None else tokenizer.token_to_id(bos_token)
        self.prefix_space, self._bare = _without_prefix_space(tokenizer)
        added = tokenizer.get_added_tokens_decoder().values()
        self._swallowing = frozenset(token.content for token in added if token.rstrip)
        self.vocab_size: int = 1 + max(tokenizer.get_vocab(with_added_tokens=True).values(), default=-1)

    @staticmethod
    def load(folder: Path) -> "ChatTokenizer":
        """Reads `tokenizer.json`, or builds from `tokenizer.model`. Raises JobError
        `model.no_tokenizer`, `model.tokenizer_broken` or `model.tokenizer_unsupported`."""
        settings = _read_settings(folder)
        json_path, model_path = folder / TOKENIZER_FILE, folder / SENTENCEPIECE_FILE
        if json_path.is_file():
            source = json_path.read_bytes()
            tokenizer = _parse_tokenizer_json(json_path, source)
            bos_token = _token_text(settings.get("bos_token", _DEFAULT_BOS))
        elif model_path.is_file():
            model = read_sentencepiece_model(model_path)
            source = model_path.read_bytes()
            tokenizer = build_bpe(model)
            bos_token = model.pieces[model.bos_id].text
        else:
            raise JobError(
                "model.no_tokenizer", f"{folder} holds no tokenizer.", params={"folder": str(folder)}
            )
        return ChatTokenizer(tokenizer, content_hash=hashlib.sha256(source).hexdigest(), bos_token=bos_token)

    def encode(self, text: str, *, add_bos: bool = False) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return [self.bos_id, *ids] if add_bos and self.bos_id is not None else ids

    def encode_batch(self, texts: Sequence[str], *, is_bare: bool = False) -> list[list[int]]:
        """`encode` of every text, on all cores; `is_bare`: without the space that it puts before a text."""
        tokenizer = self._bare if is_bare else self._tokenizer
        encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def decode(self, ids: Iterable[int], *, skip_special: bool = True) -> str:
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=skip_special)
        return text

    def control_names(self) -> frozenset[str]:
        """The names of the tokens that the tokenizer itself calls control tokens."""
        added = self._tokenizer.get_added_tokens_decoder().values()
        return frozenset(token.content for token in added if token.special)

    def has_token(self, token: str) -> bool:
        return self._tokenizer.token_to_id(token) is not None

    def swallows_space_after(self, token: str) -> bool:
        """Whether white space that follows a control token in a text is part of it."""
        return token in self._swallowing

    def special_id(self, token: str) -> int:
        """Id of a control token by name. Raises JobError `model.token_missing`."""
        id_: int | None = self._tokenizer.token_to_id(token)
        if id_ is None:
            raise JobError(
                "model.token_missing", f"The tokenizer has no token {token}.", params={"token": token}
            )
        return id_

    def to_json(self) -> str:
        """The content of an equal `tokenizer.json`."""
        text: str = self._tokenizer.to_str(pretty=False)
        return text


class StreamDecoder:
    """Turns ids into text as they come; holds back a character whose bytes are not all there yet, and
    drops bytes that never become one."""

    def __init__(self, tokenizer: ChatTokenizer) -> None:
        self._tokenizer = tokenizer
        self._context: list[int] = []
        self._pending: list[int] = []

    def push(self, id_: int) -> str:
        """The text that became certain with this id; often empty."""
        self._pending.append(id_)
        text = self._pending_text()
        if text.endswith(_BROKEN) and len(self._pending) < _MAX_PENDING_TOKENS:
            return ""
        # What was just shown stays as context: some decoders write a piece differently at the start.
        # Bytes that became nothing do not: they would spoil the character after them.
        self._context = [] if _BROKEN in text else self._pending
        self._pending = []
        return text.replace(_BROKEN, "")

    def flush(self) -> str:
        """The rest at the end of the answer; an unfinished character is dropped."""
        text = self._pending_text() if self._pending else ""
        self._context, self._pending = [], []
        return text.replace(_BROKEN, "")

    def _pending_text(self) -> str:
        known = self._tokenizer.decode(self._context)
        whole = self._tokenizer.decode([*self._context, *self._pending])
        return whole[len(known) :] if whole.startswith(known) else whole


def _without_prefix_space(tokenizer: Tokenizer) -> tuple[PrefixSpace, Tokenizer]:
    """Where a space is put before a text, and the tokenizer that puts none (itself, where it never does).

    Llama 2's way: Metaspace with a scheme, or a normalizer that prepends between control tokens everywhere.
    """
    normalizer, cutter = tokenizer.normalizer, tokenizer.pre_tokenizer
    # Building a second one takes as long as the first: only where there is something to leave out.
    described = f"{normalizer!r}{cutter!r}"
    if (
        "Prepend" not in described
        and "Metaspace" not in described
        and "add_prefix_space=True" not in described
    ):
        return "never", tokenizer
    content = json.loads(tokenizer.to_str())
    found: PrefixSpace = "never"
    for part in _parts(content.get("normalizer"), "normalizers"):
        if part.get("type") == "Prepend":
            part["prepend"], found = "", "always"
    for part in _parts(content.get("pre_tokenizer"), "pretokenizers"):
        scheme = part.get("prepend_scheme")
        if scheme in ("first", "always"):
            part["prepend_scheme"], found = "never", "first" if scheme == "first" else "always"
        elif part.get("add_prefix_space") is True:
            part["add_prefix_space"], found = False, "always"
    if found == "never":
        return found, tokenizer
    bare = Tokenizer.from_str(json.dumps(content, ensure_ascii=False))
    bare.encode_special_tokens = True
    bare.no_padding()
    bare.no_truncation()
    return found, bare


def _parts(value: object, list_name: str) -> list[dict[str, Any]]:
    """A step of a tokenizer and the steps inside it."""
    if not isinstance(value, dict):
        return []
    inner = value.get(list_name)
    return (
        [value, *(part for part in inner if isinstance(part, dict))] if isinstance(inner, list) else [value]
    )


def _parse_tokenizer_json(path: Path, source: bytes) -> Tokenizer:
    try:
        return Tokenizer.from_str(source.decode("utf-8"))
    # The Rust reader raises a bare Exception for every malformed file.
    except Exception as error:
        raise JobError(
            "model.tokenizer_broken",
            f"{path.name} is not a tokenizer file.",
            params={"file": path.name},
            detail=str(error),
        ) from error


def _read_settings(folder: Path) -> dict[str, object]:
    path = folder / _CONFIG_FILE
    if not path.is_file():
        return {}
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise JobError(
            "model.tokenizer_broken",
            f"{path.name} is not readable JSON.",
            params={"file": path.name},
            detail=str(error),
        ) from error
    return settings if isinstance(settings, dict) else {}


def _token_text(value: object) -> str | None:
    content = value.get("content") if isinstance(value, dict) else value
    return content if isinstance(content, str) else None
