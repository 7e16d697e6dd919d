"""Twenty optimizer steps on a random tiny checkpoint, against the sequence they gave before.

Catches a change of the arithmetic that every comparison with a reference tolerates, such as another
initialisation, scale or order of the dropout streams: a run could then not be reproduced.
"""

from pathlib import Path

import pytest
import torch

from builders.checkpoints import random_documents, tiny_folder
from legal_eagle.engine.batch import pack_documents
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import build_model

RECORDED_STEPS = (0, 4, 9, 14, 19)
GOLDEN = {
    0.0: [5.82479, 3.95531, 2.70892, 2.01547, 1.63529],
    0.1: [5.82479, 4.00328, 2.90691, 2.33178, 2.05369],
}


def losses(folder: Path, dropout: float) -> list[float]:
    decoder = build_model(folder)
    decoder.add_lora(LoraConfig(8, 16, dropout=dropout), torch.Generator().manual_seed(7))
    parameters = [parameter for _, parameter in decoder.lora_parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-2, weight_decay=0.0)
    batches = [pack_documents(random_documents([30, 12, 45], 256, seed=seed)) for seed in range(2)]
    result = []
    for _ in range(20):
        answer_tokens = sum(batch.answer_tokens for batch in batches)
        optimizer.zero_grad()
        total = 0.0
        for batch in batches:
            loss = decoder.loss(batch, answer_tokens)
            loss.backward()
            total += loss.item()
        optimizer.step()
        result.append(total)
    return result


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_twenty_steps_give_the_golden_losses(dropout: float, tmp_path: Path) -> None:
    folder = tiny_folder(tmp_path)
    actual = losses(folder, dropout)
    assert [actual[step] for step in RECORDED_STEPS] == pytest.approx(GOLDEN[dropout], rel=1e-3)
    assert actual[-1] < 0.7 * actual[0]
    assert losses(folder, dropout) == actual, "the same seed on the same machine is bit-equal"
