"""The opponent: transformers' Trainer with PEFT, as the tools built on it run it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import peft
import torch
import transformers

from legal_eagle.bench.length_mix import padded_tokens
from legal_eagle.bench.protocol.measurement import Measured, StepClock, reset_memory
from legal_eagle.bench.protocol.random_weights import RandomWeights, initial_lora_a
from legal_eagle.bench.protocol.scale import ALPHA, MAX_GRADIENT_NORM, RANK, Scale
from legal_eagle.bench.protocol.shapes import Shape, TokenCost
from legal_eagle.bench.protocol.workload import Document, Workload, make_workload

Features = Sequence[dict[str, list[int]]]
_PAD_ID = 2
_IGNORED = -100
_TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True, slots=True)
class OpponentSettings:
    """`batches`: padded micro-batches, or the flattening collator's. `attention` as transformers names it."""

    checkpointed: bool
    batches: Literal["padded", "flattened"] = "padded"
    attention: str = "sdpa"


class _StepTimes(transformers.TrainerCallback):  # type: ignore[misc]
    def __init__(self, clock: StepClock) -> None:
        self._clock = clock
        self.losses: list[float] = []

    def on_step_begin(self, *_: object, **__: object) -> None:
        self._clock.start()

    def on_step_end(self, *_: object, **__: object) -> None:
        self._clock.stop()

    def on_log(self, *_: object, logs: dict[str, float] | None = None, **__: object) -> None:
        if logs is not None and "loss" in logs:
            self.losses.append(float(logs["loss"]))


def build_opponent(
    shape: Shape,
    device: torch.device,
    dtype: torch.dtype,
    attention: str = "sdpa",
    rounded_to: torch.dtype = torch.float32,
) -> Any:
    """`LlamaForCausalLM` with the tensors of `RandomWeights` and PEFT's LoRA, which starts as ours does."""
    config = transformers.LlamaConfig(**{k: v for k, v in shape.values.items() if k != "architectures"})
    with torch.device(device):
        base = transformers.AutoModelForCausalLM.from_config(
            config, dtype=dtype, attn_implementation=attention
        )
    weights = RandomWeights(shape, device, rounded_to)
    parameters = dict(base.named_parameters())
    with torch.no_grad():
        for name in weights.names():
            parameters.pop(name).copy_(weights.load(name))
    if parameters:
        raise RuntimeError(f"the opponent has parameters of its own: {sorted(parameters)[:3]}")
    model = peft.get_peft_model(
        base, peft.LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=_TARGETS)
    )
    start_adapter(model)
    return model


def start_adapter(model: Any) -> None:
    """Sets every A as our side starts; PEFT's B are zero already."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".lora_A." in name:
                module = name.removeprefix("base_model.model.").split(".lora_A.")[0]
                parameter.copy_(initial_lora_a(module, *parameter.shape))


def run_opponent(scale: Scale, shape: Shape, settings: OpponentSettings) -> Measured:
    """Trains the scale's steps over the same global batches."""
    workload = make_workload(scale, shape, scale.steps, scale.small_pack)
    model = build_opponent(shape, scale.device, scale.dtype, settings.attention)
    reset_memory(scale.device)
    clock = StepClock(scale.device)
    losses = train(model, scale, workload, settings, clock)
    return _measured(scale, shape, workload, settings, clock, losses)


def train(
    model: Any, scale: Scale, workload: Workload, settings: OpponentSettings, clock: StepClock
) -> list[float]:
    """Trainer over the workload's steps in their order; the losses as it logs them."""
    transformers.utils.logging.set_verbosity_error()
    if settings.checkpointed:
        model.enable_input_require_grads()
    times = _StepTimes(clock)
    with tempfile.TemporaryDirectory() as output:
        trainer = transformers.Trainer(
            model=model,
            args=transformers.TrainingArguments(
                output_dir=output,
                per_device_train_batch_size=scale.micro_batch,
                gradient_accumulation_steps=scale.samples_per_step // scale.micro_batch,
                max_steps=len(workload.plan.steps),
                learning_rate=scale.learning_rate,
                lr_scheduler_type="constant",
                weight_decay=0.0,
                max_grad_norm=MAX_GRADIENT_NORM,
                bf16=scale.dtype is torch.bfloat16 and scale.device.type == "cuda",
                gradient_checkpointing=settings.checkpointed,
                # The default of the tools built on it.
                gradient_checkpointing_kwargs={"use_reentrant": True} if settings.checkpointed else None,
                train_sampling_strategy="sequential",
                use_cpu=scale.device.type == "cpu",
                save_strategy="no",
                logging_steps=1,
                report_to=[],
                disable_tqdm=True,
                dataloader_pin_memory=False,
                seed=0,
            ),
            train_dataset=[_row(document) for step in workload.steps for document in step],
            data_collator=_collator(settings),
            callbacks=[times],
        )
        # Its dictionary of results would end up on stdout.
        trainer.remove_callback(transformers.PrinterCallback)
        trainer.train()
    return times.losses


def _row(document: Document) -> dict[str, list[int]]:
    labels = [
        token if answer else _IGNORED for token, answer in zip(document.ids, document.mask, strict=True)
    ]
    return {"input_ids": document.ids, "labels": labels}


def _collator(settings: OpponentSettings) -> Callable[[Features], dict[str, torch.Tensor]]:
    if settings.batches == "padded":
        return _pad
    flattened: Callable[[Features], dict[str, torch.Tensor]] = transformers.DataCollatorWithFlattening(
        return_flash_attn_kwargs=settings.attention.startswith("flash_attention")
    )
    return flattened


def _pad(rows: Features) -> dict[str, torch.Tensor]:
    longest = max(len(row["input_ids"]) for row in rows)

    def padded(key: str, value: int) -> torch.Tensor:
        return torch.tensor([row[key] + [value] * (longest - len(row[key])) for row in rows])

    mask = torch.tensor([[1] * len(row["labels"]) + [0] * (longest - len(row["labels"])) for row in rows])
    return {
        "input_ids": padded("input_ids", _PAD_ID),
        "attention_mask": mask,
        "labels": padded("labels", _IGNORED),
    }


def _measured(
    scale: Scale,
    shape: Shape,
    workload: Workload,
    settings: OpponentSettings,
    clock: StepClock,
    losses: list[float],
) -> Measured:
    timed = workload.plan.steps[scale.warm_up_steps :]
    tokens = [step.tokens for step in timed]
    lengths = workload.timed_lengths(scale.warm_up_steps)
    own = float((lengths.astype(float) ** 2).sum() / lengths.sum())
    computed, attended = tokens, own
    if settings.batches == "padded":
        computed = [
            padded_tokens(workload.lengths[list(step.documents)], scale.micro_batch) for step in timed
        ]
        widths = lengths.reshape(-1, scale.micro_batch).max(axis=1).astype(float)
        attended = float((widths**2).sum() / widths.sum())
    answers = sum(step.answer_tokens for step in timed)
    return Measured(
        seconds=clock.seconds,
        losses=losses,
        warm_up_steps=scale.warm_up_steps,
        tokens=tokens,
        computed_tokens=computed,
        useful=TokenCost(shape, RANK, answers / sum(tokens), own),
        # Logits of every row.
        computed=TokenCost(shape, RANK, 1.0, attended),
        recomputed_share=1.0 if settings.checkpointed else 0.0,
        details={"batches": settings.batches, "attention": settings.attention},
    )
