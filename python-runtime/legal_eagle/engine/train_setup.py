"""Builds a training run from its job parameters: device, tokens, plan, model, optimizer, resumed state."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial

import torch

from legal_eagle.data.dataset_store import DatasetStore
from legal_eagle.data.pack_plan import BatchShape, Plan, plan, with_limit
from legal_eagle.data.token_store import TokenStore
from legal_eagle.engine import rng_state
from legal_eagle.engine.adapter_output import base_fingerprint
from legal_eagle.engine.adapter_template import refuse_other_template
from legal_eagle.engine.compiled_elementwise import compile_elementwise
from legal_eagle.engine.devices import DeviceChoice, choose_device
from legal_eagle.engine.distributed.facts import RankFacts
from legal_eagle.engine.distributed.gradients import exchange_for
from legal_eagle.engine.distributed.ranks import Ranks
from legal_eagle.engine.distributed.same_start import (
    eight_bits_for_all,
    in_turn,
    refuse_differences,
    same_start,
)
from legal_eagle.engine.engine_choice import EngineChoice
from legal_eagle.engine.fast_model import FastModel
from legal_eagle.engine.load_base import BaseLoader
from legal_eagle.engine.load_trainable import load_trainable
from legal_eagle.engine.loop import TrainingLoop
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.lora_targets import EMBEDDINGS, HEAD
from legal_eagle.engine.loss_scale import LossScaler
from legal_eagle.engine.mechanisms import Mechanisms
from legal_eagle.engine.memory_setup import settle
from legal_eagle.engine.open_data import rendering_of, split_store
from legal_eagle.engine.optimizer import AdapterOptimizer
from legal_eagle.engine.resume import Fingerprint, apply_state, deciding_recipe, read_state
from legal_eagle.engine.run_report import RunReport
from legal_eagle.engine.schedule import learning_rate_factor, warmup_steps
from legal_eagle.engine.stages import STAGES, LossOfStore, Stage
from legal_eagle.engine.token_source import Rendering
from legal_eagle.engine.train_params import TrainParams
from legal_eagle.engine.train_state import TrainState
from legal_eagle.engine.trainable import Trainable
from legal_eagle.jobs.context import JobContext
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.protocol.spec_types import Recipe

_WHOLE = {"none": (), "embeddings": (EMBEDDINGS,), "head": (HEAD,), "both": (EMBEDDINGS, HEAD)}


@dataclass(slots=True)
class TrainSetup:
    """Everything a run works with."""

    params: TrainParams
    stage: Stage
    choice: DeviceChoice
    ranks: Ranks
    rendering: Rendering
    stop_ids: tuple[int, ...]
    train_store: TokenStore
    eval_store: TokenStore
    model: Trainable
    optimizer: AdapterOptimizer
    generator: torch.Generator
    fingerprint: Fingerprint
    loop: TrainingLoop
    start_step: int
    # Rows of token matrices computed since the loop began; equal to tokens unless something was padded.
    computed_rows: list[int]

    def loss_of(self, store: TokenStore) -> LossOfStore:
        return LossOfStore(self.stage, self.model, store, self.choice.device, self.computed_rows)


def set_up(
    context: JobContext,
    report: RunReport,
    params: TrainParams,
    choice: DeviceChoice,
    engine: EngineChoice,
    mechanisms: Mechanisms,
    ranks: Ranks,
) -> TrainSetup:
    """Everything up to the first step. Raises JobError for whatever keeps the run from starting, and
    StopRequested where a stop arrived on the way."""
    recipe = params.recipe
    stage = STAGES[recipe["stage"]]
    torch.set_num_threads(choice.cpu_threads)
    rng_state.seed_all(recipe["seed"])

    report.phase("tokenise")
    rendering = rendering_of(params, engine)
    if params.initial_adapter is not None and params.resume_from is None:
        refuse_other_template(params.initial_adapter, rendering.template)
    dataset = DatasetStore.open(params.dataset_path)
    with contextlib.closing(dataset):
        dataset_hash = dataset.content_hash()
        train_store, eval_store = in_turn(
            ranks,
            lambda: (
                split_store(context, dataset, "train", rendering, params, None),
                split_store(context, dataset, "eval", rendering, params, recipe["evaluation"]["maxRows"]),
            ),
        )
    if len(train_store) == 0:
        raise JobError(
            "train.no_rows",
            "no training row has an answer inside the cutoff",
            exit_code=EXIT_DATA,
            params={"rows": train_store.counts.rows, "cutoff": recipe["cutoffLength"]},
        )

    longest, positions = int(train_store.lengths.max()), engine.facts.max_positions
    if longest > positions:
        report.warning(
            "train.rows_beyond_positions",
            f"the longest row has {longest} tokens, the model was made for {positions}",
            longest=longest,
            positions=positions,
        )
    report.phase("plan")
    made = _plan(recipe, stage, train_store, choice, ranks.facts.world_size)
    fingerprint = Fingerprint(
        base_model=base_fingerprint(params.model_path),
        dataset=dataset_hash,
        tokenizer=rendering.tokenizer.content_hash,
        template=f"{rendering.template_hash()} {rendering.system_prompt!r} {rendering.thinking}",
        world_size=ranks.facts.world_size,
        recipe=deciding_recipe(recipe, engine.engine),
        plan=made.hash,
    )
    # Each rank resolves `auto` by its own card.
    refuse_differences(ranks.collective, {**asdict(fingerprint), "precision": choice.precision})
    # Read before the model: a refused checkpoint should cost seconds, not the loading of a 20B base.
    saved = None
    if params.resume_from is not None and ranks.is_first:
        saved = read_state(params.resume_from, fingerprint)

    report.phase("load-model")
    base = BaseLoader(
        params.model_path,
        choice,
        mechanisms,
        eval_store if len(eval_store) > 0 else train_store,
        report,
        partial(eight_bits_for_all, ranks.collective),
    )
    generator = torch.Generator().manual_seed(recipe["seed"])
    model = load_trainable(
        params.model_path, engine, choice, base.load, _lora(recipe), generator, report.reason
    )
    mechanisms = base.mechanisms
    optimizer = _optimizer(recipe, model)
    state = TrainState()
    if saved is not None and params.resume_from is not None:
        report.phase("resume", params.resume_from.name)
        model.load_weights(params.resume_from)
        state = apply_state(saved, optimizer, generator)
    elif params.initial_adapter is not None and ranks.is_first:
        report.phase("load-adapter", params.initial_adapter.name)
        model.start_from(params.initial_adapter, fingerprint.base_model)
    if ranks.facts.world_size > 1:
        generators = None if saved is None else saved.rank_generators
        state = same_start(
            ranks, model.trained_parameters(), optimizer, state, generator, recipe["seed"], generators
        )
    # A fresh state has no limit of its own.
    if state.max_tokens_per_micro_batch > 0:
        made = _with_saved_limit(made, train_store, state)
    state.max_tokens_per_micro_batch = made.max_tokens_per_micro_batch
    state.mechanisms = mechanisms.to_json()
    if mechanisms.compile and isinstance(model, FastModel):
        report.phase("compile")
        compile_elementwise(model.decoder, params.token_cache_dir / "compiled", _on_eager(report, state))
    report.phase("measure-memory")
    more = settle(
        model, optimizer, generator, made, train_store, state, recipe["hardware"], choice, ranks, report
    )

    total = len(made.steps)
    warmup = warmup_steps(total, recipe["schedule"]["warmupRatio"])
    peak, kind = recipe["optimizer"]["learningRate"], recipe["schedule"]["kind"]
    computed_rows = [0]
    loop = TrainingLoop(
        plan=made,
        lengths=train_store.lengths,
        loss_of=LossOfStore(stage, model, train_store, choice.device, computed_rows),
        optimizer=optimizer,
        learning_rate=lambda index: peak * learning_rate_factor(kind, index, total, warmup),
        state=state,
        generator=generator,
        on_limit_lowered=lambda *, old_tokens, new_tokens: report.warning(
            "train.micro_batch_lowered",
            f"out of memory: micro-batches now hold {new_tokens} tokens instead of {old_tokens}",
            oldTokens=old_tokens,
            newTokens=new_tokens,
        ),
        scaler=LossScaler(state) if choice.dtype is torch.float16 else None,
        recompute_more=more,
        exchange=exchange_for(ranks.collective, model, choice.device),
        rank=ranks.facts.rank,
    )
    return TrainSetup(
        params=params,
        stage=stage,
        choice=choice,
        ranks=ranks,
        rendering=rendering,
        stop_ids=rendering.template.stop_ids(rendering.tokenizer, model.eos_ids),
        train_store=train_store,
        eval_store=eval_store,
        model=model,
        optimizer=optimizer,
        generator=generator,
        fingerprint=fingerprint,
        loop=loop,
        start_step=state.step,
        computed_rows=computed_rows,
    )


def _on_eager(report: RunReport, state: TrainState) -> Callable[[str], None]:
    """Tells the person that nothing is compiled, and the checkpoints, so that a resume rounds alike."""

    def tell(reason: str) -> None:
        state.mechanisms["compile"] = False
        report.warning("train.compile_failed", f"the run goes on without compiling: {reason}", reason=reason)

    return tell


def device_of(params: TrainParams, facts: RankFacts) -> DeviceChoice:
    return choose_device(
        params.recipe["hardware"], local_rank=facts.local_rank, local_processes=facts.local_world_size
    )


def _plan(recipe: Recipe, stage: Stage, store: TokenStore, choice: DeviceChoice, world_size: int) -> Plan:
    batch = recipe["batch"]
    return plan(
        store.lengths,
        stage.counts(store),
        BatchShape(
            unit=batch["unit"],
            micro_batch=batch["microBatch"],
            accumulation=batch["gradientAccumulation"],
            world_size=world_size,
            pack_tokens=recipe["cutoffLength"],
        ),
        epochs=recipe["epochs"],
        seed=recipe["seed"],
        max_tokens_per_micro_batch=choice.max_tokens_per_micro_batch,
        max_steps=recipe["maxSteps"] or None,
    )


def _with_saved_limit(made: Plan, store: TokenStore, state: TrainState) -> Plan:
    """Keeps a limit that running out of memory lowered: the same packing gives the same rounding."""
    limit = min(made.max_tokens_per_micro_batch, state.max_tokens_per_micro_batch)
    return with_limit(made, store.lengths, limit, state.step)


def _lora(recipe: Recipe) -> LoraConfig | None:
    """None for full fine-tuning."""
    if recipe["method"] == "full":
        return None
    lora = recipe["lora"]
    return LoraConfig(
        rank=lora["rank"],
        alpha=lora["alpha"],
        dropout=lora["dropout"],
        targets=lora["targets"],
        rs_lora=lora["rsLora"],
        pattern=lora["targetPattern"],
        dora=lora["dora"],
        whole=_WHOLE[lora["whole"]],
    )


def _optimizer(recipe: Recipe, model: Trainable) -> AdapterOptimizer:
    settings = recipe["optimizer"]
    return AdapterOptimizer(
        model.trained_parameters(),
        beta1=settings["beta1"],
        beta2=settings["beta2"],
        epsilon=settings["epsilon"],
        weight_decay=settings["weightDecay"],
        max_grad_norm=settings["maxGradNorm"],
    )
