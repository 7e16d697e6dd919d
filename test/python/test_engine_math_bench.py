"""The benchmark compares like with like. What it measures is not asserted here: no timed tests."""

from pathlib import Path

import torch

from legal_eagle.bench import opponent, ours
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
