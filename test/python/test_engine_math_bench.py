"""The benchmark compares like with like, and its ratios hold their gates. No time is asserted, only ratios
of times of one run."""

import json
import subprocess
import sys
from pathlib import Path

import torch

from legal_eagle.bench import opponent, ours
from legal_eagle.bench.cpu_command import gates_hold
from legal_eagle.bench.mechanisms import _padded
from legal_eagle.bench.workload import SAMPLES_PER_STEP, make_samples, write_model


def test_both_sides_start_from_the_same_loss(tmp_path: Path) -> None:
    """A mask, a shift or a weight that only one side has would make the ratio meaningless."""
    torch.set_num_threads(1)
    model = write_model(tmp_path / "model")
    samples = make_samples(1)[:4]
    mine, theirs = ours.first_loss(model, samples), opponent.first_loss(model, samples)
    assert theirs > 5.0
    assert abs(mine - theirs) < 1e-4


def test_the_length_mix_is_the_protocol() -> None:
    """Lengths p50 78, clip 8 to 512, answers inside their documents, whole global batches."""
    samples = make_samples(60)
    lengths = sorted(len(sample.ids) for sample in samples)
    assert len(samples) == 60 * SAMPLES_PER_STEP
    assert lengths[0] >= 8
    assert lengths[-1] <= 512
    assert 70 <= lengths[len(lengths) // 2] <= 86
    assert all(1 <= sample.answer_tokens <= 0.8 * len(sample.ids) + 1 for sample in samples)


def test_padding_is_measured_as_rows_that_are_computed() -> None:
    """Pads that are left out, or that count as answers, would make packing look like nothing."""
    samples = make_samples(1)
    padded = _padded([samples])
    longest = [max(len(one.ids) for one in samples[begin : begin + 4]) for begin in range(0, 16, 4)]
    assert [pack.tokens for pack in padded] == [4 * length for length in longest]
    answers = sum(pack.answer_tokens for pack in ours.packs_of(samples))
    assert sum(pack.answer_tokens for pack in padded) == answers


def test_a_ratio_below_its_gate_fails_the_command() -> None:
    """A gate that looks at one ratio only, or at none when it is missing."""
    assert gates_hold({"ratio": 2.0, "ratioCheckpointed": 2.75})
    assert not gates_hold({"ratio": 1.99, "ratioCheckpointed": 4.0})
    assert not gates_hold({"ratio": 4.0, "ratioCheckpointed": 2.7})
    assert not gates_hold({"ratio": 4.0})


def test_the_ratios_to_the_trainer_hold_their_gates() -> None:
    """A change that costs the engine its lead: padding that came back, a fast kernel no longer called."""
    command = [sys.executable, "-m", "legal_eagle.bench", "cpu", "--rounds", "3", "--steps", "1", "--json"]
    folder = Path(ours.__file__).parents[2]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    assert done.stdout, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert gates_hold(result), result
    assert done.returncode == 0
