"""The studio's list of architectures for the compat engine, against what transformers implements."""

from __future__ import annotations

import re
from pathlib import Path

from transformers import AutoConfig

from legal_eagle.compat.base_model import is_implemented

LIST = Path(__file__).parents[2] / "electron" / "core" / "models" / "compat-types.ts"
SIZES = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size")


def listed() -> list[str]:
    body = LIST.read_text(encoding="utf-8").split("new Set([")[1]
    return re.findall(r"'([a-z0-9_]+)'", body)


def test_every_listed_type_is_computed_and_names_its_sizes() -> None:
    """A model that the studio takes and the engine refuses, or whose memory is estimated from nothing."""
    found = listed()
    assert {"gemma2", "gemma3_text", "phi3"} <= set(found)
    for one in found:
        assert is_implemented({"model_type": one}), one
        values = AutoConfig.for_model(one).to_dict()
        assert all(isinstance(values.get(name), int) for name in SIZES), one


def test_what_is_no_text_decoder_is_not_taken() -> None:
    """An encoder trained with attention to later tokens; a model with parts for pictures."""
    for one in ("bert", "roberta", "bart", "gemma3", "llama4", "mllama", "nobody", ""):
        assert not is_implemented({"model_type": one}), one
    assert not is_implemented({"model_type": "gemma2", "architectures": ["Gemma2ForSequenceClassification"]})
