"""Reads a sentencepiece `.model` file with protobuf alone.

sentencepiece 0.2.2 refuses both InternLM models (a piece holds NUL, google/sentencepiece#1308), so
the message is declared here: only the fields that a byte-fallback BPE needs. Field numbers from
sentencepiece_model.proto.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from legal_eagle.jobs.errors import JobError

_PACKAGE = "legal_eagle_sentencepiece"
_FIELD = descriptor_pb2.FieldDescriptorProto
_BPE = 2
# name → (number, type, protobuf default); defaults as in sentencepiece_model.proto
_TRAINER_FIELDS = {
    "model_type": (3, _FIELD.TYPE_INT32, "1"),
    "byte_fallback": (35, _FIELD.TYPE_BOOL, "false"),
    "unk_id": (40, _FIELD.TYPE_INT32, "0"),
    "bos_id": (41, _FIELD.TYPE_INT32, "1"),
    "eos_id": (42, _FIELD.TYPE_INT32, "2"),
}
_NORMALIZER_FIELDS = {
    "name": (1, _FIELD.TYPE_STRING, ""),
    "precompiled_charsmap": (2, _FIELD.TYPE_BYTES, ""),
    "add_dummy_prefix": (3, _FIELD.TYPE_BOOL, "true"),
    "remove_extra_whitespaces": (4, _FIELD.TYPE_BOOL, "true"),
    "escape_whitespaces": (5, _FIELD.TYPE_BOOL, "true"),
}


class PieceType(IntEnum):
    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    score: float
    type: PieceType


@dataclass(frozen=True, slots=True)
class SentencepieceModel:
    """A BPE model whose normalizer is the identity; a piece's id is its place in `pieces`."""

    pieces: tuple[Piece, ...]
    unk_id: int
    bos_id: int
    eos_id: int


def read_sentencepiece_model(path: Path) -> SentencepieceModel:
    """Raises JobError `model.tokenizer_broken` (not such a file) or `model.tokenizer_unsupported`
    (not BPE with byte fallback, or text is normalised or prefixed before it is cut)."""
    message, pieces = _parse(path)
    trainer, normalizer = message.trainer_spec, message.normalizer_spec
    reasons = (
        (trainer.model_type != _BPE, "not BPE"),
        (not trainer.byte_fallback, "no byte fallback"),
        (bool(normalizer.precompiled_charsmap), "characters are normalised"),
        (normalizer.add_dummy_prefix, "a space is put before the text"),
        (normalizer.remove_extra_whitespaces, "repeated spaces are removed"),
        (not normalizer.escape_whitespaces, "spaces are not escaped"),
    )
    for applies, reason in reasons:
        if applies:
            raise JobError(
                "model.tokenizer_unsupported",
                f"{path.name}: {reason}.",
                params={"file": path.name, "reason": reason},
            )
    return SentencepieceModel(pieces, trainer.unk_id, trainer.bos_id, trainer.eos_id)


def read_pieces(path: Path) -> tuple[Piece, ...]:
    """The pieces with their scores, whatever the model does to a text before it cuts it. Raises JobError
    `model.tokenizer_broken`."""
    return _parse(path)[1]


def _parse(path: Path) -> tuple[Any, tuple[Piece, ...]]:
    message = _message_class()()
    try:
        message.ParseFromString(path.read_bytes())
        pieces = tuple(Piece(item.piece, item.score, PieceType(item.type)) for item in message.pieces)
    except (DecodeError, ValueError, OSError) as error:
        raise JobError(
            "model.tokenizer_broken",
            f"{path.name} is not a tokenizer model.",
            params={"file": path.name},
            detail=str(error),
        ) from error
    if not pieces:
        raise JobError("model.tokenizer_broken", f"{path.name} holds no pieces.", params={"file": path.name})
    return message, pieces


@cache
def _message_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto2")
    piece = file.message_type.add(name="Piece")
    piece.field.add(name="piece", number=1, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    piece.field.add(name="score", number=2, type=_FIELD.TYPE_FLOAT, label=_FIELD.LABEL_OPTIONAL)
    piece.field.add(
        name="type", number=3, type=_FIELD.TYPE_INT32, label=_FIELD.LABEL_OPTIONAL, default_value="1"
    )
    for name, fields in (("Trainer", _TRAINER_FIELDS), ("Normalizer", _NORMALIZER_FIELDS)):
        part = file.message_type.add(name=name)
        for field, (number, kind, default) in fields.items():
            added = part.field.add(name=field, number=number, type=kind, label=_FIELD.LABEL_OPTIONAL)
            if default:
                added.default_value = default
    model = file.message_type.add(name="Model")
    for number, (field, kind, label) in enumerate(
        (
            ("pieces", "Piece", _FIELD.LABEL_REPEATED),
            ("trainer_spec", "Trainer", _FIELD.LABEL_OPTIONAL),
            ("normalizer_spec", "Normalizer", _FIELD.LABEL_OPTIONAL),
        ),
        start=1,
    ):
        model.field.add(
            name=field,
            number=number,
            type=_FIELD.TYPE_MESSAGE,
            label=label,
            type_name=f".{_PACKAGE}.{kind}",
        )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Model"))
