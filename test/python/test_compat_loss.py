"""The compat engine's loss in chunks against the model's own logits: the same gradient, a smaller peak."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from builders.compat_bases import write_base
from builders.peft_oracle import randomise
from legal_eagle.compat.compat_engine import CompatEngine
from legal_eagle.compat.compat_model import CompatModel
from legal_eagle.compat.head_loss import head_fault, stated_form
from legal_eagle.engine import loss as engine_loss
from legal_eagle.engine.batch import PackedBatch, pack_documents
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.storage_bytes import StorageBytes

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = torch.device("cpu")
TYPES = Path(__file__).parents[2] / "electron" / "core" / "models" / "compat-types.ts"
# A head that bends nothing, caps, multiplies, divides, adds a bias; packed and padded.
KINDS = ("phi3", "gemma2", "cohere", "granite", "phi", "mamba")


def batch_of(lengths: tuple[int, ...], vocabulary: int) -> PackedBatch:
    generator = torch.Generator().manual_seed(3)
    return pack_documents(
        [
            (
                torch.randint(0, vocabulary, (length,), generator=generator).tolist(),
                [place > length // 3 for place in range(length)],
            )
            for length in lengths
        ]
    )


def opened(folder: Path, whole: tuple[str, ...] = (), reasons: list[str] | None = None) -> CompatModel:
    engine, generator = CompatEngine(), torch.Generator().manual_seed(5)
    facts = engine.read_facts(folder)
    assert facts is not None
    heard: list[str] = [] if reasons is None else reasons
    model = engine.trainable(
        folder,
        facts,
        LoraConfig(rank=4, alpha=8, whole=whole),
        generator,
        dtype=torch.float32,
        device=CPU,
        on_reason=heard.append,
    )
    randomise(model.trained_parameters(), generator)
    return model


def with_own_logits(model: CompatModel) -> CompatModel:
    model._passes._head = None
    return model


def gradients(model: CompatModel, batch: PackedBatch) -> tuple[float, dict[str, torch.Tensor]]:
    loss = model.loss(batch, 50)
    loss.backward()  # type: ignore[no-untyped-call]
    found = {name: one.grad for name, one in model.trained_parameters() if one.grad is not None}
    assert found.keys() == {name for name, _ in model.trained_parameters()}
    return loss.item(), found


@pytest.mark.parametrize(("kind", "whole"), [*((kind, ()) for kind in KINDS), ("phi", ("head",))])
def test_chunks_give_the_gradient_of_all_logits(
    kind: str, whole: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scale or a cap that is forgotten, or whose slope is; a bias; rows that a chunk leaves out."""
    base, batch = write_base(tmp_path, kind), batch_of((17, 60, 3, 41, 50), 300)
    monkeypatch.setattr(engine_loss, "_CHUNK_LOGITS", 300 * 16)
    reasons: list[str] = []
    model = opened(base, whole, reasons)
    assert not any("logits" in one for one in reasons)
    found, wanted = gradients(model, batch), gradients(with_own_logits(opened(base, whole)), batch)
    assert found[0] == pytest.approx(wanted[0], rel=1e-6)
    for name, one in wanted[1].items():
        # A tensor of tiny gradients shows the rounding of all that came before it.
        assert float((found[1][name] - one).norm() / one.norm()) < 1e-4, name
    everything, reference = (
        torch.cat([one[name].flatten() for name in one]) for one in (found[1], wanted[1])
    )
    assert float((everything - reference).norm() / reference.norm()) < 1e-5
    with torch.no_grad():
        assert model.loss(batch, 50).item() == pytest.approx(wanted[0], rel=1e-6)


def test_a_head_that_does_something_else_keeps_the_models_own_logits(tmp_path: Path) -> None:
    """A loss of another model where a family bends its logits in a way that no configuration names."""
    model = transformers.AutoModelForCausalLM.from_pretrained(write_base(tmp_path, "cohere")).eval()
    assert head_fault(model, stated_form(model)) is None
    model.logit_scale = 0.125
    fault = head_fault(model, stated_form(model))
    assert fault is not None
    assert "other logits" in fault


def test_such_a_head_is_said_in_the_runs_reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that takes more memory than others and nobody knows why."""
    base, batch = write_base(tmp_path, "gemma2"), batch_of((17, 30), 300)
    wanted = gradients(opened(base), batch)
    monkeypatch.setattr("legal_eagle.compat.compat_engine.head_fault", lambda *_: "its head differs")
    reasons: list[str] = []
    model = opened(base, (), reasons)
    assert "logits of all answer rows at once: its head differs" in reasons
    assert gradients(model, batch)[0] == pytest.approx(wanted[0], rel=1e-6)


def peak_of(step: Callable[[], Any]) -> int:
    with StorageBytes() as live:
        step()
    return live.peak


def test_the_peak_no_longer_grows_with_rows_times_vocabulary(tmp_path: Path) -> None:
    """All logits of a pack in memory, three times over: 3 GB for 2,000 rows of Gemma's vocabulary."""
    base, batch = write_base(tmp_path, "gemma2", 60_000), batch_of((200, 350, 220), 60_000)
    logits = batch.answer_tokens * 60_000 * 4
    model = opened(base)
    gradients(model, batch)
    chunked = peak_of(lambda: gradients(model, batch))
    whole = peak_of(lambda: gradients(with_own_logits(model), batch))
    assert whole > 2 * logits
    # Chunks of 2^21 logits, three times over, beside the base and what the layers keep.
    assert chunked < whole / 6


def listed() -> list[str]:
    return re.findall(r"'([a-z0-9_]+)'", TYPES.read_text(encoding="utf-8").split("new Set([")[1])


@pytest.mark.parametrize("kind", listed())
def test_every_listed_architecture_has_a_head_that_goes_in_chunks(kind: str) -> None:
    """An architecture whose memory the studio predicts by chunks while the engine holds all logits."""
    sizes: dict[str, Any] = {
        "vocab_size": 320,
        "hidden_size": 64,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "pad_token_id": 0,
    }
    config = transformers.AutoConfig.for_model(kind, **sizes)
    torch.manual_seed(1)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    assert head_fault(model, stated_form(model)) is None
