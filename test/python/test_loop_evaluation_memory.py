"""An evaluation row that alone does not fit into memory: the run goes on, says so, and loses nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from loop_fixtures import Run, recipe, write_dataset, write_model

from legal_eagle.engine.distributed.collective import Alone
from legal_eagle.engine.evaluation import RowTooLargeError, evaluate
from legal_eagle.engine.fast_model import FastModel

pytestmark = pytest.mark.usefixtures("one_thread")
_FITS = 40


class OneOfTwo(Alone):
    """A rank whose partner met a row too large for it."""

    def gather(self, value: object) -> list[Any]:
        return [value, 300]


def test_the_run_goes_on_without_an_eval_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Bug caught: a whole night of training that ends at its first evaluation, without a checkpoint or a code.
    loss = FastModel.loss

    def limited(model: FastModel, batch: Any, answer_tokens: int) -> torch.Tensor:
        if not torch.is_grad_enabled() and batch.tokens > _FITS:
            raise MemoryError
        return loss(model, batch, answer_tokens)

    monkeypatch.setattr(FastModel, "loss", limited)
    run = Run(tmp_path / "run", write_model(tmp_path / "model"), write_dataset(tmp_path / "data"), recipe())
    attempt = run.here()
    assert attempt.failure is None
    assert attempt.data("eval") == []
    (warning,) = [one for one in attempt.data("warning") if one["code"] == "train.eval_row_too_large"]
    assert warning["params"]["step"] == 0
    assert warning["params"]["tokens"] > _FITS
    (plan,) = attempt.data("plan")
    assert len(attempt.data("step")) == plan["steps"]
    assert run.newest_checkpoint() is not None
    assert (run.root / "adapter" / "adapter_model.safetensors").is_file()
    assert attempt.data("result")[0]["evalLossLast"] is None


def test_what_fits_in_halves_is_evaluated_and_all_ranks_give_up_together(tmp_path: Path) -> None:
    # Bug caught: a pass that is given up although its rows fit; a rank that waits for one that has given up.
    class Store:
        lengths = torch.tensor([30, 40, 20]).numpy()
        counts = type("Counts", (), {"answer_tokens": 9})()

        def __len__(self) -> int:
            return 3

    def loss_of(members: Any, total: int) -> torch.Tensor:
        if sum(int(Store.lengths[one]) for one in members) > _FITS:
            raise MemoryError
        return torch.tensor(len(members) / total)

    store: Any = Store()
    assert evaluate(store, loss_of, 200).loss == pytest.approx(3 / 9)
    with pytest.raises(RowTooLargeError) as failed:
        evaluate(store, loss_of, 200, OneOfTwo())
    assert failed.value.tokens == 300
