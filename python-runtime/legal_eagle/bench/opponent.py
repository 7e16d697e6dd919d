"""The opponent: transformers' Trainer with PEFT, padded micro-batches, as its users run it."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import peft
import torch
import transformers

from legal_eagle.bench.workload import LEARNING_RATE, LORA, MICRO_BATCH_SAMPLES, SAMPLES_PER_STEP, Sample

Variant = Literal["plain", "checkpointed", "grouped"]
_PAD_ID = 2
_TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


class _Clock(transformers.TrainerCallback):  # type: ignore[misc]
    """Times the training loop alone, without the Trainer's construction."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._started = 0.0

    def on_train_begin(self, *_: object, **__: object) -> None:
        self._started = time.perf_counter()

    def on_train_end(self, *_: object, **__: object) -> None:
        self.seconds = time.perf_counter() - self._started


def _collate(samples: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    longest = max(len(sample["input_ids"]) for sample in samples)

    def padded(key: str, value: int) -> torch.Tensor:
        return torch.tensor([sample[key] + [value] * (longest - len(sample[key])) for sample in samples])

    return {
        "input_ids": padded("input_ids", _PAD_ID),
        "attention_mask": padded("attention_mask", 0),
        "labels": padded("labels", -100),
    }


def _rows(samples: Sequence[Sample]) -> list[dict[str, list[int]]]:
    return [
        {
            "input_ids": sample.ids,
            "attention_mask": [1] * len(sample.ids),
            "labels": [
                token if answer else -100 for token, answer in zip(sample.ids, sample.mask, strict=True)
            ],
        }
        for sample in samples
    ]


def _load(model_folder: Path) -> Any:
    model = transformers.AutoModelForCausalLM.from_pretrained(
        model_folder, dtype=torch.float32, local_files_only=True
    )
    config = peft.LoraConfig(
        r=LORA.rank, lora_alpha=LORA.alpha, lora_dropout=LORA.dropout, target_modules=_TARGETS
    )
    return peft.get_peft_model(model, config)


def train_seconds(model_folder: Path, samples: Sequence[Sample], variant: Variant) -> float:
    """Seconds of the training loop over all samples once."""
    transformers.utils.logging.set_verbosity_error()
    clock = _Clock()
    model = _load(model_folder)
    if variant == "checkpointed":
        model.enable_input_require_grads()
    with tempfile.TemporaryDirectory() as output:
        arguments = transformers.TrainingArguments(
            output_dir=output,
            per_device_train_batch_size=MICRO_BATCH_SAMPLES,
            gradient_accumulation_steps=SAMPLES_PER_STEP // MICRO_BATCH_SAMPLES,
            num_train_epochs=1,
            learning_rate=LEARNING_RATE,
            lr_scheduler_type="constant",
            gradient_checkpointing=variant == "checkpointed",
            train_sampling_strategy="group_by_length" if variant == "grouped" else "sequential",
            use_cpu=True,
            save_strategy="no",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
            dataloader_pin_memory=False,
            seed=0,
        )
        trainer = transformers.Trainer(
            model=model,
            args=arguments,
            train_dataset=_rows(samples),
            data_collator=_collate,
            callbacks=[clock],
        )
        # Its dictionary of results would end up on stdout, where our own result is read.
        trainer.remove_callback(transformers.PrinterCallback)
        trainer.train()
    return clock.seconds


@torch.no_grad()
def first_loss(model_folder: Path, samples: Sequence[Sample]) -> float:
    """Answer-token mean loss of the untrained model over the samples, one document at a time."""
    model = _load(model_folder).eval()
    total, answers = 0.0, 0
    for row, sample in zip(_rows(samples), samples, strict=True):
        loss = model(input_ids=torch.tensor([row["input_ids"]]), labels=torch.tensor([row["labels"]])).loss
        total += float(loss) * sample.answer_tokens
        answers += sample.answer_tokens
    return total / answers
