"""Weights, tables and logits in small blocks are those of a model in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from legal_eagle.engine.lora import ModuleRows
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.layouts import model_names
from legal_eagle.models.stored_rows import StoredRows
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release import layered_model, streamed_weight
from legal_eagle.release.layered_model import LayeredModel
from legal_eagle.release.logit_columns import columns_of, compare_logits, likeliest
from legal_eagle.release.streamed_weight import StreamedWeight
from merge_fixtures import write_adapter, write_base

pytestmark = pytest.mark.usefixtures("one_thread")
DOCUMENTS = [(1, 20, 30, 40, 20), (1, 50, 60), (7,)]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven rows of 48 numbers, so that blocks end inside heads and between modules."""
    monkeypatch.setattr(streamed_weight, "BLOCK_BYTES", 7 * 48 * 4)
    monkeypatch.setattr(layered_model, "COLUMNS", 50)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("layout", ["internlm2", "llama"])
@pytest.mark.parametrize("what", ["plain", "DoRA", "wholes"])
def test_small_blocks_give_the_numbers_of_whole_layers(tmp_path: Path, layout: str, what: str) -> None:
    """Would catch rows of another head, a block rounded with its neighbour's factors, a column left out."""
    config = write_base(tmp_path / "base", layout=layout, dtype="bfloat16", files=2)
    names = model_names(layout)
    wholes = [names.embedding.rsplit(".", 1)[-1], names.head]
    settings: dict[str, Any] = {"DoRA": {"use_dora": True}, "wholes": {"modules_to_save": wholes}}
    write_adapter(tmp_path / "adapter", config, **settings.get(what, {}))
    resident, streamed = (
        LayeredModel(tmp_path / "base", tmp_path / "adapter", resident=one) for one in (True, False)
    )
    seen = {}
    for mode in layered_model.Mode.__args__:  # type: ignore[attr-defined]
        seen[mode] = resident.logits(DOCUMENTS, mode)
        assert seen[mode].shape == (9, config.vocab_size)
        torch.testing.assert_close(streamed.logits(DOCUMENTS, mode), seen[mode], rtol=0, atol=2e-5)
        answers = [
            model.greedy(DOCUMENTS, mode, stop_ids=(2,), max_tokens=5, should_stop=lambda: False)
            for model in (resident, streamed)
        ]
        assert answers[0] == answers[1]
    # The modes are three models, else their agreement says nothing.
    assert float((seen["adapter"] - seen["plain"]).abs().max()) > 0.1
    assert 0 < float((seen["adapter"] - seen["rounded"]).abs().max()) < 0.1


@pytest.mark.usefixtures("small_blocks")
def test_products_in_blocks_are_the_products(tmp_path: Path) -> None:
    """Would catch a block of the transposed product that is left out or added twice."""
    write_base(tmp_path / "base")
    weights = SafetensorsFolder(tmp_path / "base")
    names = [f"model.layers.0.feed_forward.{one}" for one in ("w1", "w3")]
    modules = (ModuleRows(names[0], 0, 64), ModuleRows(names[1], 64, 128))
    weight = StreamedWeight(StoredRows(weights), modules, 48)
    whole = torch.cat([weights.load(f"{name}.weight") for name in names])
    x, dy, bias = torch.randn(3, 48), torch.randn(3, 128), torch.randn(128)
    assert torch.equal(weight.rows(60, 70), whole[60:70])
    torch.testing.assert_close(weight.linear(x, bias), x @ whole.T + bias)
    torch.testing.assert_close(weight.matmul(dy), dy @ whole)


def test_a_token_without_a_row_is_named(tmp_path: Path) -> None:
    """Would catch bytes of the next tensor taken for an embedding."""
    config = write_base(tmp_path / "base")
    with pytest.raises(JobError) as caught:
        LayeredModel(tmp_path / "base", None, resident=False).logits([(1, config.vocab_size)], "plain")
    assert caught.value.code == "model.token_out_of_range"


def test_comparing_in_columns_is_comparing_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a largest logit that is lost between blocks, a tie told otherwise, a NaN that passes."""
    monkeypatch.setattr("legal_eagle.release.logit_columns.COLUMNS", 7)
    generator = torch.Generator().manual_seed(3)
    one, other = (torch.randn(40, 30, generator=generator) for _ in range(2))
    one[5, 3] = one[5, 20] = 9.0
    compared = compare_logits(columns_of(one), columns_of(other))
    first, second = one.topk(2).values.T
    assert compared.max_abs_difference == float((one - other).abs().max())
    assert torch.equal(compared.margins, first - second)
    assert torch.equal(compared.wanted_ids[6:], one.argmax(1)[6:])
    assert int(compared.wanted_ids[5]) == 3
    assert torch.equal(compared.got_ids, likeliest(columns_of(other)))
    other[39, 0] = float("nan")
    assert not compare_logits(columns_of(one), columns_of(other)).max_abs_difference < 1e9
