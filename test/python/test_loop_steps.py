"""The loop on a real decoder: packing, accumulation, guard, memory shortage, clipping, schedule."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from loop_fixtures import write_model

from legal_eagle.data.pack_plan import BatchShape, plan
from legal_eagle.data.token_store import StoreKey, TokenStore, build_or_open
from legal_eagle.engine import rng_state
from legal_eagle.engine.batch import pack_documents
from legal_eagle.engine.batches import packed_batch
from legal_eagle.engine.evaluation import evaluate
from legal_eagle.engine.loop import OutOfMemoryError, TrainingLoop
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import Decoder, build_model
from legal_eagle.engine.optimizer import AdapterOptimizer
from legal_eagle.engine.out_of_memory import is_out_of_memory
from legal_eagle.engine.progress import Throughput
from legal_eagle.engine.schedule import learning_rate_factor, warmup_steps
from legal_eagle.engine.train_state import TrainState

CPU = torch.device("cpu")


@dataclasses.dataclass(frozen=True)
class Numbered:
    id: int
    messages: Sequence[Any] = ()


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "base")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> TokenStore:
    random = np.random.default_rng(0)

    def encode(rows: Sequence[Any]) -> list[tuple[list[int], list[bool]]]:
        found = []
        for _ in rows:
            length = int(random.integers(6, 60))
            ids = random.integers(3, 250, length).tolist()
            found.append((ids, [place >= length // 2 for place in range(length)]))
        return found

    key = StoreKey("rows", "train", "tokenizer", "template", None, "none", 64)
    rows = [Numbered(number) for number in range(24)]
    return build_or_open(lambda: rows, encode, key, tmp_path_factory.mktemp("tokens"))


@dataclasses.dataclass
class Trainer:
    """A loop with its decoder, and what it reported about memory."""

    loop: TrainingLoop
    decoder: Decoder
    lowered: list[tuple[int, int]]

    def masters(self) -> torch.Tensor:
        return torch.cat([one.detach().flatten().clone() for _, one in self.decoder.lora_parameters()])


def trainer(
    folder: Path,
    store: TokenStore,
    *,
    limit: int = 64,
    dropout: float = 0.0,
    batch: BatchShape | None = None,
    wrap: Callable[[Callable[..., torch.Tensor]], Callable[..., torch.Tensor]] = lambda loss_of: loss_of,
) -> Trainer:
    decoder = build_model(folder)
    generator = torch.Generator().manual_seed(3)
    decoder.add_lora(LoraConfig(4, 8.0, dropout), generator)
    made = plan(
        store.lengths,
        store.answer_counts,
        batch or BatchShape("samples", 8, 1),
        epochs=1.0,
        seed=1,
        max_tokens_per_micro_batch=limit,
    )
    lowered: list[tuple[int, int]] = []

    def loss_of(documents: Sequence[int], answer_tokens: int) -> torch.Tensor:
        return decoder.loss(packed_batch(store, documents, CPU), answer_tokens)

    loop = TrainingLoop(
        plan=made,
        lengths=store.lengths,
        loss_of=wrap(loss_of),
        optimizer=AdapterOptimizer(
            decoder.lora_parameters(),
            beta1=0.9,
            beta2=0.999,
            epsilon=1e-8,
            weight_decay=0.01,
            max_grad_norm=1.0,
        ),
        learning_rate=lambda index: 1e-2,
        state=TrainState(),
        generator=generator,
        on_limit_lowered=lambda *, old_tokens, new_tokens: lowered.append((old_tokens, new_tokens)),
    )
    return Trainer(loop, decoder, lowered)


def test_packed_batches_equal_the_reference_packing(store: TokenStore) -> None:
    # Bug caught: answer rows or positions shifted by one, which trains the wrong next token.
    documents = [3, 0, 7, 7]
    fast = packed_batch(store, documents, CPU)
    slow = pack_documents([tuple(part.tolist() for part in store.document(one)) for one in documents])
    assert fast.cu_lengths == slow.cu_lengths
    for name in ("ids", "positions", "answer_rows", "targets"):
        assert getattr(fast, name).equal(getattr(slow, name)), name


def test_packing_and_accumulation_do_not_change_the_steps(model_folder: Path, store: TokenStore) -> None:
    # Bug caught: a mean per micro-batch instead of per step; the result would depend on the packing.
    trainers = [
        trainer(model_folder, store, limit=64),
        trainer(model_folder, store, limit=4096),
        trainer(model_folder, store, limit=128, batch=BatchShape("samples", 1, 8)),
    ]
    results = [[one.loop.step() for _ in range(3)] for one in trainers]
    assert [one[0].micro_batches > 1 for one in results] == [True, False, True]
    for other in results[1:]:
        for left, right in zip(results[0], other, strict=True):
            assert left.loss == pytest.approx(right.loss, rel=1e-5)
            assert left.grad_norm == pytest.approx(right.grad_norm, rel=1e-4)


def test_a_step_equals_plain_pytorch(model_folder: Path, store: TokenStore) -> None:
    # The opponent: unpacked documents, autograd's own clipping and AdamW.
    ours = trainer(model_folder, store)
    theirs = trainer(model_folder, store)
    parameters = [one for _, one in theirs.decoder.lora_parameters()]
    adam = torch.optim.AdamW(parameters, lr=1e-2, weight_decay=0.01, foreach=False, fused=False)
    for index in range(3):
        result = ours.loop.step()
        planned = theirs.loop.plan.steps[index]
        losses = []
        for document in planned.documents:
            loss = theirs.decoder.loss(packed_batch(store, [document], CPU), planned.answer_tokens)
            loss.backward()  # type: ignore[no-untyped-call]
            losses.append(float(loss.detach()))
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()
        adam.zero_grad()
        assert result.loss == pytest.approx(sum(losses), rel=1e-5)
        assert result.grad_norm == pytest.approx(float(norm), rel=1e-4)
    assert (ours.masters() - theirs.masters()).norm() < 1e-4 * theirs.masters().norm()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_non_finite_step_updates_nothing_and_is_counted(
    model_folder: Path, store: TokenStore, bad: float
) -> None:
    # Bug caught: one overflow that poisons the adapter or Adam's moments for good.
    calls = 0

    def wrap(loss_of: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        def broken(documents: Sequence[int], answer_tokens: int) -> torch.Tensor:
            nonlocal calls
            calls += 1
            loss = loss_of(documents, answer_tokens)
            return loss * bad if calls == 2 else loss

        return broken

    one = trainer(model_folder, store, limit=4096, wrap=wrap)
    assert not one.loop.step().skipped
    before = one.masters()
    skipped = one.loop.step()
    assert skipped.skipped
    assert not skipped.diverged
    assert one.masters().equal(before)
    after = one.loop.step()
    assert not after.skipped
    assert np.isfinite(after.loss)
    assert one.masters().isfinite().all()
    assert (one.loop.state.step, one.loop.state.skipped_steps, one.loop.state.non_finite_in_a_row) == (
        3,
        1,
        0,
    )


def test_three_in_a_row_are_a_diverged_run(model_folder: Path, store: TokenStore) -> None:
    one = trainer(model_folder, store, wrap=lambda loss_of: lambda *args: loss_of(*args) * float("nan"))
    assert [one.loop.step().diverged for _ in range(3)] == [False, False, True]


def out_of_memory_above(tokens: int, store: TokenStore) -> Callable[..., Callable[..., torch.Tensor]]:
    """A device that fits `tokens`. The error comes after the forward pass, as backward often raises it."""

    def wrap(loss_of: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        def limited(documents: Sequence[int], answer_tokens: int) -> torch.Tensor:
            loss = loss_of(documents, answer_tokens)
            if int(store.lengths[list(documents)].sum()) > tokens:
                loss.backward()  # type: ignore[no-untyped-call]
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return loss

        return limited

    return wrap


def test_out_of_memory_lowers_the_micro_batch_and_nothing_else(model_folder: Path, store: TokenStore) -> None:
    # Bug caught: gradients of the failed pass that stay, dropout drawn twice, or a smaller global batch.
    plain = trainer(model_folder, store, limit=64, dropout=0.2)
    short = trainer(model_folder, store, limit=4096, dropout=0.2, wrap=out_of_memory_above(100, store))
    first = short.loop.step()
    assert short.lowered
    assert all(new < old for old, new in short.lowered)
    assert short.loop.state.max_tokens_per_micro_batch == short.loop.plan.max_tokens_per_micro_batch <= 100
    assert first.tokens == plain.loop.plan.steps[0].tokens
    assert short.loop.plan.hash == plain.loop.plan.hash
    count = len(short.lowered)
    short.loop.step()
    assert len(short.lowered) == count
    # Without dropout the step is the unpacked one.
    exact = trainer(model_folder, store, limit=64)
    squeezed = trainer(model_folder, store, limit=4096, wrap=out_of_memory_above(100, store))
    for _ in range(3):
        left, right = exact.loop.step(), squeezed.loop.step()
        assert left.loss == pytest.approx(right.loss, rel=1e-5)
        assert left.grad_norm == pytest.approx(right.grad_norm, rel=1e-4)


def test_a_document_that_never_fits_ends_the_run_consistently(model_folder: Path, store: TokenStore) -> None:
    longest = int(store.lengths.max())
    one = trainer(model_folder, store, limit=4096, wrap=out_of_memory_above(longest - 1, store))
    before = one.masters()
    with pytest.raises(OutOfMemoryError) as caught:
        all(one.loop.step().tokens for _ in one.loop.plan.steps)
    assert caught.value.longest_tokens == longest
    assert one.loop.state.step == caught.value.step - 1
    if one.loop.state.step == 0:
        assert one.masters().equal(before)


def test_other_errors_are_not_taken_for_a_memory_shortage() -> None:
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
    )
    # What oneDNN says when its kernel gets no memory; without the word “descriptor” of an unsupported one.
    assert is_out_of_memory(RuntimeError("could not create a primitive"))
    assert not is_out_of_memory(RuntimeError("could not create a primitive descriptor for a matmul"))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not is_out_of_memory(ValueError("not enough memory"))


def test_an_evaluation_leaves_no_trace(model_folder: Path, store: TokenStore) -> None:
    # Bug caught: an evaluation that draws dropout or leaves gradients, so runs differ by how often they look.
    def losses(looks: int) -> list[float]:
        one = trainer(model_folder, store, dropout=0.3)
        rng_state.seed_all(1)
        found = []
        for _ in range(3):
            for _ in range(looks):
                result = evaluate(store, lambda d, n: one.decoder.loss(packed_batch(store, d, CPU), n), 64)
                assert result.answer_tokens == store.counts.answer_tokens
            found.append(one.loop.step().loss)
        return found

    assert losses(0) == losses(2)


def test_the_eval_loss_is_the_mean_over_answer_tokens(model_folder: Path, store: TokenStore) -> None:
    # Bug caught: a mean of means, in which short rows weigh more.
    decoder = build_model(model_folder)
    total = tokens = 0.0
    for document in range(len(store)):
        batch = packed_batch(store, [document], CPU)
        logits = decoder.logits(batch.ids, batch.positions, batch.cu_lengths)[batch.answer_rows]
        total += float(torch.nn.functional.cross_entropy(logits, batch.targets, reduction="sum"))
        tokens += batch.answer_tokens
    result = evaluate(store, lambda d, n: decoder.loss(packed_batch(store, d, CPU), n), 150)
    assert result.loss == pytest.approx(total / tokens, rel=1e-5)


@pytest.mark.parametrize("kind", ["linear", "cosine", "constant"])
@pytest.mark.parametrize("ratio", [0.0, 0.03, 0.5, 1.0])
def test_schedules_are_those_of_transformers(kind: str, ratio: float) -> None:
    # Bug caught: an imported recipe whose learning rate differs from the tool it came from.
    from transformers import get_scheduler

    total = 37
    warmup = warmup_steps(total, ratio)
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.5)
    name = "constant_with_warmup" if kind == "constant" else kind
    scheduler = get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=total)
    for step in range(total):
        ours = 0.5 * learning_rate_factor(kind, step, total, warmup)  # type: ignore[arg-type]
        assert ours == pytest.approx(scheduler.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        scheduler.step()


def test_the_optimizer_state_survives_a_round_trip(model_folder: Path, store: TokenStore) -> None:
    # Bug caught: moments restored under other names, or a step count that restarts the bias correction.
    one, other = trainer(model_folder, store), trainer(model_folder, store)
    for _ in range(2):
        one.loop.step()
    state = one.loop._optimizer.state_tensors()
    with torch.no_grad():
        pairs = zip(other.decoder.lora_parameters(), one.decoder.lora_parameters(), strict=True)
        for (_, target), (_, source) in pairs:
            target.copy_(source)
    other.loop._optimizer.load_state_tensors(state)
    other.loop.state = dataclasses.replace(one.loop.state)
    assert one.loop.step().loss == other.loop.step().loss
    assert one.masters().equal(other.masters())


def test_generators_come_back_as_they_were() -> None:
    import random

    own = torch.Generator().manual_seed(5)
    rng_state.seed_all(11)
    state = rng_state.capture(own)

    def draw() -> list[float]:
        numbers = [random.random(), float(np.random.rand()), float(torch.rand(())), random.gauss(0, 1)]
        return [*numbers, float(torch.rand((), generator=own))]

    first = draw()
    assert draw() != first
    rng_state.restore(state, own)
    assert draw() == first


def test_the_remaining_time_follows_tokens_and_not_steps() -> None:
    # Bug caught: an ETA that halves whenever a short step comes by.
    speed = Throughput(window_steps=3)
    assert speed.eta_ms(100) is None
    for tokens, seconds in ((1000, 1.0), (10, 0.01), (1990, 1.99)):
        speed.add(tokens, seconds)
    assert speed.tokens_per_second() == pytest.approx(1000)
    assert speed.eta_ms(5000) == pytest.approx(5000)
    for _ in range(3):
        speed.add(100, 1.0)
    assert speed.tokens_per_second() == pytest.approx(100)
