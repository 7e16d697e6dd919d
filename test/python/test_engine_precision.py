"""fp16 with a scaled loss, and the rounded copies that a pass computes with."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from builders.checkpoints import random_documents, tiny_folder
from legal_eagle.data.pack_plan import BatchShape, plan
from legal_eagle.engine.batch import PackedBatch, pack_documents
from legal_eagle.engine.loop import TrainingLoop
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.loss_scale import GROWTH_INTERVAL, INITIAL_SCALE, LOWEST_SCALE, LossScaler
from legal_eagle.engine.model import Decoder, build_model
from legal_eagle.engine.optimizer import AdapterOptimizer
from legal_eagle.engine.train_state import TrainState

LENGTHS = [20, 9, 31]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_folder(tmp_path_factory.mktemp("base"))


def decoder_of(folder: Path, dtype: torch.dtype, whole: tuple[str, ...] = ()) -> Decoder:
    decoder = build_model(folder, dtype=dtype)
    decoder.add_lora(LoraConfig(4, 8.0, whole=whole), torch.Generator().manual_seed(5))
    with torch.no_grad():
        for name, parameter in decoder.lora_parameters():
            if name.endswith("lora_B.weight"):
                noise = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(len(name)))
                parameter.copy_(noise * 0.02)
    return decoder


def batch() -> PackedBatch:
    return pack_documents(random_documents(LENGTHS, 256, seed=1))


def gradients(decoder: Decoder, answer_tokens: int, scale: float) -> torch.Tensor:
    decoder.loss(batch(), answer_tokens).backward(torch.tensor(scale))
    found = [one.grad for _, one in decoder.lora_parameters()]
    return torch.cat([one.flatten() for one in found if one is not None]) / scale


@pytest.mark.parametrize("whole", [(), ("embeddings", "head")])
def test_scaled_fp16_gradients_are_those_of_fp32(folder: Path, whole: tuple[str, ...]) -> None:
    # Bug caught: the loss is divided before it is scaled, so gradients of a large global batch are lost.
    answer_tokens = 2_000_000
    expected = gradients(decoder_of(folder, torch.float32, whole), answer_tokens, 1.0)
    scaled = gradients(decoder_of(folder, torch.float16, whole), answer_tokens, INITIAL_SCALE * 16)
    plain = gradients(decoder_of(folder, torch.float16, whole), answer_tokens, 1.0)
    assert float((scaled - expected).norm() / expected.norm()) < 5e-3
    assert float((plain - expected).norm() / expected.norm()) > 0.02, "nothing to scale for: no test"


def loop_of(decoder: Decoder, state: TrainState, *, poison: float = 1.0) -> TrainingLoop:
    """Steps over one pack; `poison` is what the gradients are multiplied by on top of the loss's scale."""
    documents = random_documents(LENGTHS, 256, seed=1)
    lengths = np.asarray(LENGTHS, dtype=np.int64)
    answers = np.asarray([sum(mask) for _, mask in documents], dtype=np.int64)
    made = plan(
        lengths, answers, BatchShape("samples", 3, 1), epochs=20, seed=0, max_tokens_per_micro_batch=64
    )

    def loss_of(members: object, answer_tokens: int) -> torch.Tensor:
        loss = decoder.loss(batch(), answer_tokens)
        return _Multiplied.apply(loss, poison)  # type: ignore[no-any-return, no-untyped-call]

    optimizer = AdapterOptimizer(
        decoder.lora_parameters(), beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0, max_grad_norm=1.0
    )
    return TrainingLoop(
        plan=made,
        lengths=lengths,
        loss_of=loss_of,
        optimizer=optimizer,
        learning_rate=lambda _: 1e-2,
        state=state,
        generator=torch.Generator(),
        on_limit_lowered=lambda *, old_tokens, new_tokens: None,
        scaler=LossScaler(state),
    )


class _Multiplied(torch.autograd.Function):
    """The loss as it is; its gradient times a factor."""

    @staticmethod
    def forward(ctx: object, loss: torch.Tensor, factor: float) -> torch.Tensor:
        ctx.factor = factor  # type: ignore[attr-defined]
        return loss.clone()

    @staticmethod
    def backward(ctx: object, *outputs: torch.Tensor) -> tuple[torch.Tensor, None]:
        return outputs[0] * ctx.factor, None  # type: ignore[attr-defined]


def test_an_overflow_lowers_the_scale_and_training_goes_on(folder: Path) -> None:
    # Bug caught: the halvings that find the scale at the start of every fp16 run count as a diverged run.
    decoder, state = decoder_of(folder, torch.float16), TrainState(loss_scale=2.0**26)
    before = torch.cat([one.detach().flatten().clone() for _, one in decoder.lora_parameters()])
    loop = loop_of(decoder, state)
    results = [loop.step() for _ in range(20)]
    skipped = [one.skipped for one in results]
    assert sum(skipped) >= 4, "fewer than needed to look like a diverged run"
    assert not any(one.diverged for one in results)
    assert state.skipped_steps == sum(skipped)
    assert state.loss_scale == 2.0 ** (26 - sum(skipped))
    assert results[-1].loss < results[0].loss
    after = torch.cat([one.detach().flatten() for _, one in decoder.lora_parameters()])
    assert not before.equal(after)
    assert bool(after.isfinite().all())


def test_overflow_at_the_lowest_scale_is_a_diverged_run(folder: Path) -> None:
    # Bug caught: a run whose gradients never fit is skipped through to its end.
    state = TrainState(loss_scale=LOWEST_SCALE * 2)
    loop = loop_of(decoder_of(folder, torch.float16), state, poison=1e30)
    assert [loop.step().diverged for _ in range(4)] == [False, False, False, True]
    assert state.loss_scale == LOWEST_SCALE


def test_the_scale_follows_the_published_rules_and_survives_a_checkpoint() -> None:
    # Bug caught: a resumed run that starts again at 65536, or counts its clean steps from zero.
    state = TrainState()
    scaler = LossScaler(state)
    assert scaler.scale == 65536.0
    for _ in range(GROWTH_INTERVAL - 1):
        scaler.after_update()
    assert scaler.scale == 65536.0
    resumed = TrainState.from_json(state.to_json())
    LossScaler(resumed).after_update()
    assert (resumed.loss_scale, resumed.clean_steps) == (131072.0, 0)
    assert LossScaler(resumed).after_overflow()
    assert resumed.loss_scale == 65536.0
    older = {
        name: value for name, value in state.to_json().items() if name not in ("loss_scale", "clean_steps")
    }
    assert TrainState.from_json(older).loss_scale is None


def test_an_fp16_loss_is_near_the_fp32_loss(folder: Path) -> None:
    # Bug caught: a step of the forward pass that leaves fp16's range, or computes a sum in it.
    wide, narrow = (
        float(decoder_of(folder, dtype).loss(batch(), 40).detach())
        for dtype in (torch.float32, torch.float16)
    )
    assert math.isclose(wide, narrow, rel_tol=2e-3)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("writer", ["adamw", "fused", "copy"])
def test_a_pass_computes_with_the_masters_as_they_are(folder: Path, dtype: torch.dtype, writer: str) -> None:
    # Bug caught: the rounded copies are those of an earlier step, so training goes on from stale weights.
    decoder = decoder_of(folder, dtype)
    parameters = [one for _, one in decoder.lora_parameters()]
    decoder.loss(batch(), 40).backward()
    if writer == "copy":
        with torch.no_grad():
            for one in parameters:
                one.copy_(one + 0.05)
    else:
        torch.optim.AdamW(parameters, lr=0.05, fused=writer == "fused").step()
    fresh = decoder_of(folder, dtype)
    with torch.no_grad():
        for (_, theirs), ours in zip(fresh.lora_parameters(), parameters, strict=True):
            theirs.copy_(ours)
    one = batch()
    assert decoder.logits(one.ids, one.positions, one.cu_lengths).equal(
        fresh.logits(one.ids, one.positions, one.cu_lengths)
    )


def test_fp32_computes_with_the_masters_themselves(folder: Path) -> None:
    # Bug caught: a copy that costs memory and a pass over it, and is the same numbers.
    decoder = decoder_of(folder, torch.float32)
    assert decoder.lora is not None
    group = decoder.blocks[0].qkv.lora
    assert group is not None
    assert group.working_a.data_ptr() == group.slices[0].a.data_ptr()
