"""Writes the golden losses of the embedded tiny model: 20 optimizer steps of a fixed recipe.

    python python-runtime/tools/make_golden_losses.py

Run it after the tiny model or the meaning of the engine has changed, and say why in the commit: the file is
what notices that the arithmetic changed by accident. The texts are in this file, so that a new sample data
set does not move the numbers.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "python-runtime"))

# First: it limits oneDNN's caches before torch loads.
import legal_eagle.engine  # noqa: E402, F401, I001

import torch  # noqa: E402

from legal_eagle.data.pack_plan import BatchShape, plan  # noqa: E402
from legal_eagle.engine.batches import packed_batch  # noqa: E402
from legal_eagle.engine.lora import LoraConfig  # noqa: E402
from legal_eagle.engine.loop import TrainingLoop  # noqa: E402
from legal_eagle.engine.model import build_model  # noqa: E402
from legal_eagle.engine.optimizer import AdapterOptimizer  # noqa: E402
from legal_eagle.engine.schedule import learning_rate_factor, warmup_steps  # noqa: E402
from legal_eagle.engine.token_source import Rendering, open_store  # noqa: E402
from legal_eagle.engine.train_state import TrainState  # noqa: E402
from legal_eagle.models.templates import detect_template  # noqa: E402
from legal_eagle.models.tokenizer import ChatTokenizer  # noqa: E402

MODEL = REPOSITORY / "resources" / "tiny-model"
GOLDEN = REPOSITORY / "test" / "fixtures" / "golden-losses" / "tiny-model.json"
STEPS = 20
THREADS = 2
_TOPICS = ("租房押金", "试用期工资", "网购退货", "交通事故", "民间借贷", "离婚财产", "工伤认定", "遗嘱继承")
_ASKED = ("{topic}纠纷应当怎样处理？", "关于{topic}，法律是怎样规定的？", "{topic}问题可以要求赔偿吗？")
_TOLD = (
    "处理{topic}纠纷，双方可以先协商；协商不成的，可以申请调解或者向人民法院起诉。",
    "{topic}应当按照合同的约定和法律的规定处理，任何一方不得损害对方的合法权益。",
    "因{topic}受到损失的一方，可以凭证据要求对方承担相应的赔偿责任。",
)


@dataclass(frozen=True)
class _Row:
    id: int
    messages: Sequence[dict[str, str]]


class _Rows:
    """Questions and answers of different lengths, as a dataset."""

    def rows(self, split: str) -> list[_Row]:
        found = []
        for index in range(96 if split == "train" else 0):
            topic, kind = _TOPICS[index % 8], index % 3
            answer = "".join(told.format(topic=topic) for told in _TOLD[kind : kind + 1 + index % 3])
            messages = [
                {"role": "user", "content": _ASKED[kind].format(topic=topic)},
                {"role": "assistant", "content": answer or _TOLD[0].format(topic=topic)},
            ]
            found.append(_Row(index, messages))
        return found

    def content_hash(self) -> str:
        text = json.dumps([row.messages for row in self.rows("train")], ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()


def losses(model: Path = MODEL, steps: int = STEPS) -> list[float]:
    """The first losses of the fixed recipe, with dropout, two micro-batches a step and a cosine schedule."""
    torch.set_num_threads(THREADS)
    rendering = Rendering(ChatTokenizer.load(model), detect_template(model), "你是一名律师。", 160)
    # Windows cannot remove a file that is still mapped.
    with TemporaryDirectory(ignore_cleanup_errors=True) as cache:
        store = open_store(_Rows(), "train", rendering, Path(cache))
        made = plan(
            store.lengths,
            store.answer_counts,
            BatchShape("samples", 2, 4),
            epochs=2.0,
            seed=20,
            max_tokens_per_micro_batch=256,
            max_steps=STEPS,
        )
        decoder = build_model(model, dtype=torch.float32, device="cpu")
        generator = torch.Generator().manual_seed(20)
        decoder.add_lora(LoraConfig(8, 16.0, 0.05), generator)
        optimizer = AdapterOptimizer(
            decoder.lora_parameters(),
            beta1=0.9,
            beta2=0.999,
            epsilon=1e-8,
            weight_decay=0.01,
            max_grad_norm=1.0,
        )
        warmup = warmup_steps(STEPS, 0.1)
        loop = TrainingLoop(
            plan=made,
            lengths=store.lengths,
            loss_of=lambda documents, answers: decoder.loss(
                packed_batch(store, documents, decoder.device), answers
            ),
            optimizer=optimizer,
            learning_rate=lambda index: 2e-3 * learning_rate_factor("cosine", index, STEPS, warmup),
            state=TrainState(),
            generator=generator,
            on_limit_lowered=lambda **_: None,
        )
        return [loop.step().loss for _ in range(steps)]


def model_hash(model: Path = MODEL) -> str:
    """SHA-256 of the weights the numbers belong to."""
    return hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()


def main() -> None:
    values: dict[str, Any] = {"modelSha256": model_hash(), "threads": THREADS, "losses": losses()}
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    GOLDEN.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print(f"{GOLDEN}: {values['losses'][0]:.4f} … {values['losses'][-1]:.4f}")


if __name__ == "__main__":
    main()
