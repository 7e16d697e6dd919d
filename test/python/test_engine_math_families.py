"""Every family by its configuration flags: logits and LoRA gradients of transformers' own class and PEFT."""

import random
from pathlib import Path

import pytest
import torch

from builders.checkpoints import random_documents, tiny_folder
from builders.families import FAMILIES, FamilyErrors, measure_family, random_family
from legal_eagle.engine.generate import next_logits
from legal_eagle.engine.kv_cache import LayerCache
from legal_eagle.engine.model import build_model

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_computes_what_transformers_computes(name: str, tmp_path: Path) -> None:
    """A flag that is read otherwise than the model's own code reads it, forward or backward."""
    _assert_small(measure_family(FAMILIES[name], tmp_path))


@pytest.mark.parametrize(
    "count", [pytest.param(8, id="8"), pytest.param(200, id="200", marks=pytest.mark.long)]
)
def test_random_configurations_compute_what_transformers_computes(count: int, tmp_path: Path) -> None:
    """A flag that is right by itself and wrong beside another, in a checkpoint nobody has listed."""
    seed = random.randrange(1 << 32)
    print(f"random configurations from seed {seed}")
    choice = random.Random(seed)
    for number in range(count):
        family = random_family(choice)
        print(number, family)
        _assert_small(measure_family(family, tmp_path / str(number)))


def _assert_small(errors: FamilyErrors) -> None:
    assert errors.logits < 1e-4
    assert errors.gradient < 1e-4
    assert errors.packed < 1e-5


@pytest.mark.parametrize("window", [8, 16, 64])
@torch.no_grad()
def test_an_answer_token_by_token_sees_the_same_window(window: int, tmp_path: Path) -> None:
    """A cache that forgets the window in chat, or that masks from the wrong end."""
    folder = tiny_folder(tmp_path, "llama", model_type="mistral", sliding_window=window)
    decoder = build_model(folder)
    ids = random_documents([40], 256)[0][0]
    expected = decoder.logits(torch.tensor(ids), torch.arange(len(ids)), (0, len(ids)))
    caches = [LayerCache(one) for one in decoder.config.windows]
    rows, position = [], 0
    for piece in (ids[:25], ids[25:30], *[[token] for token in ids[30:]]):
        rows.append(next_logits(decoder, piece, position, caches, use_lora=False))
        position += len(piece)
    wanted = expected[[24, 29, *range(30, 40)]]
    assert (torch.stack(rows) - wanted).abs().max() < 1e-5


def test_a_window_changes_what_is_computed(tmp_path: Path) -> None:
    """A window that is read and never used would pass every comparison up to its length."""
    ids = torch.tensor(random_documents([40], 256)[0][0])
    found = [
        build_model(
            tiny_folder(tmp_path / str(window), "llama", model_type="mistral", sliding_window=window)
        ).logits(ids, torch.arange(40), (0, 40))
        for window in (8, 64)
    ]
    assert torch.allclose(found[0][:8], found[1][:8], atol=1e-5)
    assert (found[0][8:] - found[1][8:]).abs().max() > 1e-2
