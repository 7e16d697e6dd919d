"""How many layers a run recomputes: measured, chosen, raised when memory runs out; never another gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from loop_fixtures import Run, recipe, write_dataset, write_model

from legal_eagle.engine import memory_plan, rng_state
from legal_eagle.engine.batch import PackedBatch, pack_documents
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.memory_budget import MemoryBudget, memory_budget
from legal_eagle.engine.memory_meter import CpuMeter
from legal_eagle.engine.memory_probe import PassProbe, probe_pass, run_pass
from legal_eagle.engine.memory_proposals import BaseBytes, PassGrowth, propose
from legal_eagle.engine.model import build_model
from legal_eagle.engine.optimizer import AdapterOptimizer
from legal_eagle.engine.recompute import MemoryDecision, ProbeInput, choose_recompute, stated_layers
from legal_eagle.engine.storage_bytes import StorageBytes

CPU = torch.device("cpu")
LAYERS = 5
LENGTHS = (120, 60, 200, 33)


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(
        tmp_path_factory.mktemp("model") / "base",
        num_hidden_layers=LAYERS,
        hidden_size=64,
        intermediate_size=256,
    )


def trained(folder: Path, dropout: float = 0.1) -> tuple[Decoder, AdapterOptimizer, torch.Generator]:
    decoder = build_model(folder)
    generator = torch.Generator().manual_seed(3)
    decoder.add_lora(LoraConfig(4, 8.0, dropout), generator)
    optimizer = AdapterOptimizer(
        decoder.lora_parameters(), beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0, max_grad_norm=1.0
    )
    return decoder, optimizer, generator


def pack(lengths: tuple[int, ...]) -> PackedBatch:
    generator = torch.Generator().manual_seed(1)
    documents = []
    for length in lengths:
        ids = torch.randint(3, 250, (length,), generator=generator).tolist()
        documents.append((ids, [place > length // 2 for place in range(length)]))
    return pack_documents(documents)


def gradients(decoder: Decoder) -> torch.Tensor:
    assert decoder.lora is not None
    return decoder.lora.gradients.clone()


def choose(
    folder: Path, extra_bytes: int, *, thorough: bool = True, heavy: tuple[int, ...] = LENGTHS
) -> tuple[MemoryDecision, Decoder]:
    decoder, optimizer, generator = trained(folder)
    decision = choose_recompute(
        decoder,
        optimizer,
        generator,
        ProbeInput([partial(pack, heavy)], partial(pack, (33,)), sum(heavy)),
        CpuMeter(),
        MemoryBudget(extra_bytes, 1 << 40),
        thorough=thorough,
    )
    return decision, decoder


def measured_peak(folder: Path, recomputed: int) -> int:
    """What the storages of a pass really come to, by a count that knows nothing of layers."""
    decoder, _, _ = trained(folder)
    decoder.recompute_layers = recomputed
    with CpuMeter() as meter:
        run_pass(decoder, pack((33,)))
        standing = meter.held_bytes()
        batch = pack(LENGTHS)
        meter.start_peak()
        run_pass(decoder, batch)
        return meter.peak_bytes() - standing


@pytest.mark.usefixtures("one_thread")
def test_the_probe_predicts_the_peak_of_every_choice(model_folder: Path) -> None:
    # Bug caught: a layer's bytes counted twice or not at all, so that a choice that "fits" does not.
    decoder, _, _ = trained(model_folder)
    with CpuMeter() as meter:
        run_pass(decoder, pack((33,)))
        probe = probe_pass(decoder, pack(LENGTHS), meter)
    for recomputed in range(LAYERS + 1):
        assert probe.peak_bytes(recomputed) == pytest.approx(
            measured_peak(model_folder, recomputed), rel=0.02
        ), recomputed
    peaks = [probe.peak_bytes(one) for one in range(LAYERS + 1)]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] > 1.5 * peaks[LAYERS - 1]


@pytest.mark.usefixtures("one_thread")
def test_as_many_layers_are_kept_as_fit_and_no_more(model_folder: Path) -> None:
    # Bug caught: a planner that recomputes everything as soon as one layer is too much.
    decoder, optimizer, _ = trained(model_folder)
    moments = optimizer.missing_state_bytes()
    assert moments == 8 * sum(one.numel() for _, one in decoder.lora_parameters())
    for wanted in (0, 2, 3):
        room = measured_peak(model_folder, wanted) + 4096
        decision, _ = choose(model_folder, room + moments)
        assert decision.layers == wanted
        assert decision.peak_bytes is not None
        assert decision.budget_bytes is not None
        assert decision.peak_bytes <= decision.budget_bytes
        assert ("none" in decision.reason) == (wanted == 0)
    assert choose(model_folder, moments)[0].layers == LAYERS


def test_a_light_pass_is_enough_where_everything_fits(model_folder: Path) -> None:
    # Bug caught: every start on a CPU pays for whole passes to learn that there is plenty of memory.
    def too_heavy() -> PackedBatch:
        raise AssertionError("the heavy pass was made")

    decoder, optimizer, generator = trained(model_folder)
    passes = ProbeInput([too_heavy], partial(pack, (33,)), 413)
    decision = choose_recompute(
        decoder, optimizer, generator, passes, CpuMeter(), MemoryBudget(1 << 34, 1 << 34), thorough=False
    )
    assert (decision.layers, decision.peak_bytes) == (0, None)


def test_choosing_leaves_no_trace(model_folder: Path) -> None:
    # Bug caught: gradients of the probe in the first step, or dropout drawn by it.
    decoder, optimizer, generator = trained(model_folder)
    before = rng_state.capture(generator)
    passes = ProbeInput([partial(pack, LENGTHS)], partial(pack, (33,)), sum(LENGTHS))
    budget = MemoryBudget(1 << 34, 1 << 34)
    choose_recompute(decoder, optimizer, generator, passes, CpuMeter(), budget, thorough=True)
    assert rng_state.capture(generator) == before
    assert all(parameter.grad is None for _, parameter in decoder.lora_parameters())
    assert decoder.recompute_layers == 0
    run_pass(decoder, pack(LENGTHS))
    untouched, _, _ = trained(model_folder)
    run_pass(untouched, pack(LENGTHS))
    assert gradients(decoder).equal(gradients(untouched))


@pytest.mark.usefixtures("one_thread")
def test_the_gradient_is_the_same_bit_for_bit_whatever_is_recomputed(model_folder: Path) -> None:
    found = []
    for recomputed in range(LAYERS + 1):
        decoder, _, _ = trained(model_folder)
        decoder.recompute_layers = recomputed
        run_pass(decoder, pack(LENGTHS))
        found.append(gradients(decoder))
    assert found[0].any()
    assert all(one.equal(found[0]) for one in found)


def test_a_probe_that_does_not_fit_recomputes_everything(model_folder: Path) -> None:
    # Bug caught: the measurement itself ends the run that it was to save.
    decoder, optimizer, generator = trained(model_folder)

    def too_large() -> PackedBatch:
        raise MemoryError

    passes = ProbeInput([too_large], partial(pack, (33,)), 413)
    budget = MemoryBudget(1 << 34, 1 << 34)
    decision = choose_recompute(decoder, optimizer, generator, passes, CpuMeter(), budget, thorough=True)
    assert decision.layers == LAYERS


@pytest.mark.parametrize(
    ("mode", "count", "expected"),
    [("none", 3, 0), ("full", 0, 5), ("layers", 3, 3), ("layers", 90, 5), ("auto", 3, None)],
)
def test_what_the_recipe_says_is_done(mode: str, count: int, expected: int | None) -> None:
    hardware: Any = recipe()["hardware"] | {"recompute": mode, "recomputeLayers": count}
    assert stated_layers(hardware, 5) == expected


def test_a_single_layer_can_only_be_kept_or_recomputed() -> None:
    probe = PassProbe(100, (1000,), 5000, 5000)
    assert probe.fewest_recomputed(5000) == 0
    assert probe.fewest_recomputed(4999) == 1


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")
    return folder


def test_free_memory_is_that_of_the_tightest_limit(tmp_path: Path) -> None:
    # Bug caught: a run in a container that plans with the whole machine's memory.
    meminfo = "MemTotal:       64000000 kB\nMemFree: 1 kB\nMemAvailable:   40000000 kB\n"
    plain = _write(tmp_path / "plain", {"proc/meminfo": meminfo})
    found = memory_budget(CPU, {}, plain)
    assert found == MemoryBudget(int(40_000_000 * 1024 * 0.9), 64_000_000 * 1024)
    boxed = _write(
        tmp_path / "boxed",
        {
            "proc/meminfo": meminfo,
            "proc/self/cgroup": "0::/user/job\n",
            "sys/fs/cgroup/user/memory.max": "8000000000",
            "sys/fs/cgroup/user/memory.current": "5000000000",
            "sys/fs/cgroup/user/memory.stat": "anon 1\ninactive_file 2000000000\n",
            "sys/fs/cgroup/user/job/memory.max": "max",
            "sys/fs/cgroup/user/job/memory.current": "1000",
        },
    )
    assert memory_budget(CPU, {}, boxed) == MemoryBudget(int(5e9 * 0.9), 8_000_000_000)
    # Two ranks share it.
    assert memory_budget(CPU, {"LOCAL_WORLD_SIZE": "2"}, boxed) == MemoryBudget(
        int(5e9 * 0.9) // 2, 8_000_000_000
    )
    assert memory_budget(CPU, {}, tmp_path / "nothing") is None


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("data") / "set", rows=24)


def _run(root: Path, model: Path, dataset: Path, hardware: dict[str, Any], dropout: float = 0.0) -> Run:
    made = recipe(epochs=1, evaluation={"everySteps": 0}, lora={"dropout": dropout}, hardware=hardware)
    return Run(root, model, dataset, made)


def _budget(extra_bytes: int) -> Callable[..., MemoryBudget]:
    return lambda *_: MemoryBudget(extra_bytes, 1 << 40)


def test_a_run_says_what_it_recomputes_and_a_resume_keeps_it(
    model_folder: Path, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bug caught: losses that depend on the planner, or a resume that plans anew.
    plain = _run(tmp_path / "plain", model_folder, dataset, {"recompute": "none"}, dropout=0.1)
    plain.here()
    (said,) = plain.attempts[0].data("memory")
    assert (said["recompute"], said["recomputedLayers"], said["layers"]) == ("none", 0, LAYERS)

    monkeypatch.setattr(memory_plan, "memory_budget", _budget(0))
    tight = _run(tmp_path / "tight", model_folder, dataset, {"recompute": "auto"}, dropout=0.1)
    tight.here()
    (said,) = tight.attempts[0].data("memory")
    assert said["recomputedLayers"] == LAYERS
    assert said["predictedPeakBytes"] > said["standingBytes"] > 0
    assert tight.losses() == plain.losses()

    monkeypatch.setattr(memory_plan, "memory_budget", _budget(1 << 40))
    tight.here(resume_from=sorted(tight.checkpoints.iterdir())[0])
    (said,) = tight.attempts[1].data("memory")
    assert said["recomputedLayers"] == LAYERS
    assert tight.losses() == plain.losses()


class CappedMemory(StorageBytes):
    """An allocator with a limit: what does not fit raises what torch's own CPU allocator raises."""

    def __init__(self) -> None:
        super().__init__()
        self.limit_bytes: int | None = None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = super().__torch_dispatch__(func, types, args, kwargs)
        if self.limit_bytes is not None and self.current > self.limit_bytes:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")
        return result


def _capped(run: Run, limit_bytes: int | None) -> int:
    """One attempt under the limit; its peak."""
    with CappedMemory() as memory:
        memory.limit_bytes = limit_bytes
        run.here()
        return memory.peak


@pytest.fixture(scope="module")
def long_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(
        tmp_path_factory.mktemp("long") / "set", rows=12, answer="{topic}应当依法处理。" * 12
    )


@pytest.mark.usefixtures("one_thread")
def test_the_ladder_of_a_capped_allocator(
    model_folder: Path, long_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bug caught: a rung that is left out, comes in the wrong order, or changes what is learned.
    hardware = {"recompute": "auto", "maxTokensPerMicroBatch": 2000}

    def fresh(name: str) -> Run:
        return _run(tmp_path / name, model_folder, long_rows, hardware)

    plain = fresh("plain")
    most = _capped(plain, None)
    alone = _run(tmp_path / "alone", model_folder, long_rows, hardware | {"maxTokensPerMicroBatch": 1})
    kept = _capped(alone, None)
    lean = _run(
        tmp_path / "lean",
        model_folder,
        long_rows,
        hardware | {"maxTokensPerMicroBatch": 1, "recompute": "full"},
    )
    least = _capped(lean, None)
    assert least < kept < most

    # Fits by smaller passes alone.
    smaller = fresh("smaller")
    _capped(smaller, (kept + most) // 2)
    codes = [one["code"] for one in smaller.attempts[0].data("warning")]
    assert set(codes) == {"train.micro_batch_lowered"}
    # Not without recomputing; the passes are then those of one document at a time.
    tighter = fresh("tighter")
    _capped(tighter, (least + kept) // 2)
    codes = [one["code"] for one in tighter.attempts[0].data("warning")]
    assert codes[-1] == "train.recompute_raised"
    assert codes == sorted(codes)
    assert tighter.losses() == alone.losses()
    for run in (smaller, tighter):
        assert run.losses() == pytest.approx(plain.losses(), rel=1e-4)

    # Not at all: a checkpoint, and what would be enough, with figures.
    stuck = fresh("stuck")
    monkeypatch.setattr(memory_plan, "memory_budget", lambda *_: None)
    _capped(stuck, least - (least - _standing(model_folder)) // 4)
    failure = stuck.attempts[0].failure
    assert failure is not None
    assert failure.code == "train.out_of_memory"
    assert (stuck.checkpoints / str(failure.params["checkpoint"])).is_dir()
    proposals: Any = failure.params["proposals"]
    (cutoff,) = [one for one in proposals if one["settings"][0]["field"] == "cutoffLength"]
    assert cutoff["settings"][0]["value"] < failure.params["tokens"]
    assert 0 < cutoff["peakBytes"] < least
    assert len(failure.params["settings"]) == len(proposals)


def _standing(folder: Path) -> int:
    """What a run of `_run` holds between its passes."""
    decoder, optimizer, _ = trained(folder)
    with CpuMeter() as meter:
        run_pass(decoder, pack((33,)))
        return meter.held_bytes() + optimizer.missing_state_bytes()


GROWTH = PassGrowth(1e6, 1e4)
BASE = BaseBytes(now=8_000_000, int8=4_000_000, nf4=2_000_000, layer=1_000_000)


def test_proposals_come_in_the_order_of_what_they_cost_and_only_where_they_are_enough() -> None:
    # A document of 1,000 tokens takes 11 MB beside 20 MB that stand.
    def proposed(free: int) -> list[tuple[int | str, int | None]]:
        made = propose((GROWTH, 20_000_000), BASE, 1000, MemoryBudget(free, 1 << 40))
        return [(one.value, one.peak_bytes) for one in made]

    assert proposed(8_000_000) == [("int8", 27_000_000), ("nf4", 26_000_000), (640, 27_400_000)]
    assert proposed(6_500_000) == [("nf4", 26_000_000), (512, 26_120_000)]
    assert proposed(2_000_000) == [(64, 21_640_000)]
    # A base that is held in 4 bits already has only the cutoff left; nothing measured, no figure.
    (only,) = propose((GROWTH, 20_000_000), None, 1000, None)
    assert (only.field, only.value) == ("cutoffLength", 448)
    assert propose(None, None, 1000, None)[0].peak_bytes is None
