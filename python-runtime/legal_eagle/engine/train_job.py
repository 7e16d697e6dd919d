"""The train job: set up, steps, evaluations, samples, checkpoints, control, result."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from legal_eagle.engine import rng_state
from legal_eagle.engine.checkpoint import (
    checkpoint_name,
    list_checkpoints,
    prune_checkpoints,
    write_checkpoint,
)
from legal_eagle.engine.disk import is_disk_full
from legal_eagle.engine.distributed.ranks import joined
from legal_eagle.engine.distributed.same_start import StopRequested, refuse_drift
from legal_eagle.engine.engine_choice import choose_engine, choose_full_engine
from legal_eagle.engine.evaluation import RowTooLargeError, evaluate
from legal_eagle.engine.loop import OutOfMemoryError, StepResult
from legal_eagle.engine.mechanisms import EngineOptions, choose_mechanisms, recorded_mechanisms
from legal_eagle.engine.memory_plan import proposals_after_failure
from legal_eagle.engine.resume import write_state
from legal_eagle.engine.run_output import RunOutput
from legal_eagle.engine.run_report import RunReport, Silent
from legal_eagle.engine.sampling import answer_prompt
from legal_eagle.engine.spill import SpillWatch
from legal_eagle.engine.step_profile import StepProfile
from legal_eagle.engine.train_params import TrainParams
from legal_eagle.engine.train_setup import TrainSetup, device_of, set_up
from legal_eagle.engine.train_state import mean
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.errors import EXIT_DISK_FULL, EXIT_OUT_OF_GPU_MEMORY, EXIT_SPEC, JobError

CHECKPOINTS_DIR = "checkpoints"
# Steps between two looks at how evenly the ranks are loaded.
_SKEW_STEPS = 10


def run(context: JobContext) -> Outcome:
    """Trains one attempt of a run. See `legal_eagle.jobs.context.JobContext`."""
    params = TrainParams.of(context)
    try:
        with joined(context, params.recipe["hardware"], partial(device_of, params)) as (ranks, choice):
            if not ranks.is_first:
                context = replace(context, reporter=Silent())
            engine = (
                choose_full_engine(params.model_path)
                if params.recipe["method"] == "full"
                else choose_engine(params.model_path, params.recipe["hardware"]["engine"])
            )
            # Rank 0 alone needs to have the checkpoint.
            recorded = ranks.collective.from_first(recorded_mechanisms(params.resume_from))
            mechanisms = choose_mechanisms(
                EngineOptions.of(params.recipe["hardware"]),
                choice.device,
                choice.dtype,
                engine.config,
                recorded,
            )
            board = context.dir if ranks.is_first else None
            with RunReport(context.reporter, board, choice.device) as report:
                report.device(choice, ranks, (*engine.reasons, *mechanisms.reasons))
                try:
                    setup = set_up(context, report, params, choice, engine, mechanisms, ranks)
                except StopRequested:
                    return "stopped"
                return TrainRun(context, report, setup).execute()
    except Exception as error:
        if is_disk_full(error) and not isinstance(error, JobError):
            raise _disk_full(params.run_dir, error) from error
        raise


class TrainRun:
    """The outer loop of an attempt."""

    def __init__(self, context: JobContext, report: RunReport, setup: TrainSetup) -> None:
        self._context = context
        self._report = report
        self._setup = setup
        self._ranks = setup.ranks
        self._output = RunOutput(
            setup.params,
            setup.model,
            setup.rendering,
            setup.stop_ids,
            setup.fingerprint,
            setup.loop.state,
        )
        self._recipe = setup.params.recipe
        self._checkpoints = setup.params.run_dir / CHECKPOINTS_DIR
        self._saved_step: int | None = None
        self._saved_by_hand = False
        self._evaluated_at: int | None = None
        self._evaluation_failed = False
        self._started = time.monotonic()
        loop = setup.loop
        self._profile = StepProfile(
            setup.params.run_dir,
            # The ranks do the same work; one trace of it is enough.
            self._recipe["hardware"]["profileSteps"] if self._ranks.is_first else 0,
            len(loop.plan.steps) - loop.state.step,
            setup.choice.device,
            on_written=report.profile_written,
            on_failure=report.profile_failed,
        )
        # A CPU has no memory of its own to overflow.
        on_gpu = setup.choice.device.type == "cuda"
        self._spill = SpillWatch(report.spilled) if on_gpu else None

    def execute(self) -> Outcome:
        setup, loop = self._setup, self._setup.loop
        self._emit_plan()
        if len(setup.eval_store) == 0:
            rows = setup.eval_store.counts.rows
            self._report.warning("train.no_eval_rows", f"none of {rows} evaluation rows is used", rows=rows)
        if loop.state.step == 0:
            self._at_start()
        self._report.phase("train")
        stop = self._agree(0.0)[0]
        while not loop.finished:
            if stop:
                return self._stopped()
            self._one_step()
            self._after_step()
            stop = self._obey()
        if stop and setup.start_step < loop.state.step:
            # The person sees a finished run, not a stopped one: nothing is left to resume.
            self._report.phase("finish", "stop arrived after the last step")
        self._at_end()
        return "done"

    def _one_step(self) -> None:
        setup, loop = self._setup, self._setup.loop
        before = setup.computed_rows[0]
        try:
            with self._profile.step(loop.state.step + 1):
                result = loop.step()
        except OutOfMemoryError as error:
            self._save("stop")
            proposals = proposals_after_failure(
                setup.model,
                setup.optimizer,
                setup.generator,
                setup.train_store,
                self._recipe["hardware"],
                setup.choice.device,
                self._recipe["method"],
            )
            raise JobError(
                "train.out_of_memory",
                str(error),
                exit_code=EXIT_OUT_OF_GPU_MEMORY,
                params={
                    "step": error.step,
                    "tokens": error.longest_tokens,
                    "checkpoint": checkpoint_name(loop.state.step),
                    "settings": [str(one) for one in proposals],
                    "proposals": [one.to_json() for one in proposals],
                },
                detail=error.cause,
            ) from error
        computed = setup.computed_rows[0] - before
        pad_share = max(0.0, 1.0 - result.rank_tokens / computed) if computed else 0.0
        self._report.step(
            result, pad_share=pad_share, remaining_tokens=loop.remaining_tokens(), skew=self._skew(result)
        )
        if self._spill is not None:
            self._spill.add(result.tokens, result.seconds, loop.plan.max_tokens_per_micro_batch)
        if result.diverged:
            self._save("non-finite")
            raise JobError(
                "train.non_finite",
                f"no finite loss or gradient in three steps in a row up to step {result.step}",
                exit_code=EXIT_SPEC,
                params={"step": result.step, "checkpoint": checkpoint_name(loop.state.step)},
            )

    def _after_step(self) -> None:
        step, evaluation = self._setup.loop.state.step, self._recipe["evaluation"]
        # The end evaluates, answers and saves by itself.
        if self._setup.loop.finished:
            return
        improved = _due(step, evaluation["everySteps"]) and self._evaluate()
        if _due(step, evaluation["sampleEverySteps"]):
            self._sample()
        if _due(step, self._recipe["checkpoints"]["everySteps"]) or (
            improved and self._recipe["checkpoints"]["keepBest"]
        ):
            self._save("interval")

    def _obey(self) -> bool:
        """Does what was asked for since the last step; True where the run is to stop."""
        commands = self._context.control.poll() if self._ranks.is_first else []
        stop, save = self._agree(float(any(one.command == "save-now" for one in commands)))
        if save:
            self._save("save-now")
        for command in commands:
            if command.command == "sample-now":
                self._sample()
            elif command.command != "save-now":
                continue
            # The acknowledgement came with the command; this is when there is something to look at.
            self._report.control_done(command, self._setup.loop.state.step)
        return stop

    def _agree(self, save: float) -> tuple[bool, bool]:
        """(stop, save): what any rank was asked for is done by all, at the same step."""
        asked = [float(self._context.stop_requested()), save]
        stop, save = self._ranks.collective.add_up_numbers(asked)
        return stop > 0, save > 0

    def _skew(self, result: StepResult) -> dict[str, object] | None:
        """At intervals: who computed longest and who shortest before they met."""
        if self._ranks.facts.world_size == 1 or result.step % _SKEW_STEPS != 1:
            return None
        seconds: list[float] = self._ranks.collective.gather(result.compute_seconds)
        return {
            "slowestRank": seconds.index(max(seconds)),
            "slowestMs": 1000.0 * max(seconds),
            "fastestMs": 1000.0 * min(seconds),
        }

    def _at_start(self) -> None:
        evaluation = self._recipe["evaluation"]
        if evaluation["everySteps"] > 0:
            self._evaluate()
        if evaluation["sampleEverySteps"] > 0:
            self._sample()

    def _at_end(self) -> None:
        self._profile.close()
        if self._evaluated_at != self._setup.loop.state.step:
            self._evaluate()
        self._save("end")
        if not self._ranks.is_first:
            return
        self._report.phase(f"save-{self._output.kind}")
        try:
            with self._ranks.watch.undisturbed():
                result = self._output.write_result()
        except Exception as error:
            if is_disk_full(error):
                raise _disk_full(self._setup.params.run_dir, error) from error
            raise
        self._sample()
        self._report.result(self._summary(result))

    def _stopped(self) -> Outcome:
        self._profile.close()
        self._save("stop")
        if self._ranks.is_first:
            self._report.result(self._summary(None))
        return "stopped"

    def _evaluate(self) -> bool:
        """Evaluates where there is anything to evaluate on; True where the loss is the best so far."""
        setup, state = self._setup, self._setup.loop.state
        if len(setup.eval_store) == 0 or self._evaluation_failed:
            return False
        self._report.phase("evaluate")
        try:
            result = evaluate(
                setup.eval_store,
                setup.loss_of(setup.eval_store),
                setup.loop.plan.max_tokens_per_micro_batch,
                self._ranks.collective,
                int(setup.stage.counts(setup.eval_store).sum()),
            )
        except RowTooLargeError as error:
            # Training may fit all the same, and an eval loss without a row could not be compared with others.
            self._evaluation_failed = True
            self._report.warning("train.eval_row_too_large", str(error), step=state.step, tokens=error.tokens)
            self._report.phase("train")
            return False
        best = state.add_eval_loss(result.loss)
        self._evaluated_at = state.step
        self._report.eval(state.step, result, best)
        self._report.phase("train")
        return best

    def _sample(self) -> None:
        prompts = self._recipe["evaluation"]["samplePrompts"]
        if not prompts or not self._ranks.is_first:
            return
        setup = self._setup
        self._report.phase("sample")
        for prompt in prompts:
            try:
                answer = answer_prompt(
                    setup.model,
                    setup.rendering,
                    prompt,
                    setup.stop_ids,
                    self._recipe["evaluation"]["sampleMaxTokens"],
                    self._context.stop_requested,
                )
            except JobError as error:
                # A prompt that does not fit the model must not cost the run.
                self._report.warning(error.code, error.message, **error.params)
                continue
            self._report.sample(setup.loop.state.step, answer)
            if answer.finish == "cancelled":
                break
        self._report.phase("train")

    def _save(self, reason: str) -> None:
        """A checkpoint of this step, unless this attempt has one; then the surplus is removed. All ranks take
        part: their generators go into it. One that a person asks for stays until a person removes it."""
        setup, state = self._setup, self._setup.loop.state
        by_hand = reason == "save-now"
        if self._saved_step == state.step and (self._saved_by_hand or not by_hand):
            return
        generators: list[dict[str, Any]] | None = None
        if self._ranks.facts.world_size > 1:
            refuse_drift(self._ranks.collective, setup.model.trained_parameters())
            generators = self._ranks.collective.gather(rng_state.capture(setup.generator))
        self._saved_step, self._saved_by_hand = state.step, by_hand
        if not self._ranks.is_first:
            return

        def write_files(folder: Path) -> None:
            self._output.write_checkpoint_files(folder)
            write_state(folder, setup.optimizer, state, setup.generator, setup.fingerprint, generators)

        self._report.phase("save")
        try:
            with self._ranks.watch.undisturbed():
                saved = write_checkpoint(self._checkpoints, state.step, write_files, by_hand=by_hand)
        except Exception as error:
            if is_disk_full(error):
                raise _disk_full(self._checkpoints, error) from error
            raise
        at_this_step = self._evaluated_at == state.step
        self._report.checkpoint(
            saved,
            reason,
            state.eval_loss_last if at_this_step else None,
            at_this_step and state.best_step == state.step,
        )
        keep = self._recipe["checkpoints"]
        best = state.best_step if keep["keepBest"] else None
        for removed in prune_checkpoints(self._checkpoints, keep["keepLast"], best):
            self._report.checkpoint_removed(removed)
        self._report.phase("train")

    def _emit_plan(self) -> None:
        setup, made, batch = self._setup, self._setup.loop.plan, self._recipe["batch"]
        counts = setup.train_store.counts
        self._context.reporter.emit(
            "plan",
            {
                "steps": len(made.steps),
                "startStep": setup.start_step,
                "stepsPerEpoch": made.steps_per_epoch,
                "epochs": made.epochs,
                "globalBatch": batch["microBatch"] * batch["gradientAccumulation"] * made.world_size,
                "batchUnit": batch["unit"],
                "trainRows": counts.documents,
                "evalRows": len(setup.eval_store),
                "trainTokens": made.tokens,
                "answerTokens": made.answer_tokens,
                "truncatedRows": counts.truncated_rows,
                "droppedRows": counts.dropped_rows,
                "fill": made.fill,
                "loraParameters": sum(one.numel() for _, one in setup.model.trained_parameters()),
                "planHash": made.hash,
            },
        )

    def _summary(self, result: Path | None) -> dict[str, object]:
        state = self._setup.loop.state
        return {
            "runId": self._setup.params.run_id,
            "steps": state.step,
            "totalSteps": len(self._setup.loop.plan.steps),
            "tokens": state.tokens,
            "answerTokens": state.answer_tokens,
            "lossFirst": mean(state.first_losses),
            "lossLast": mean(state.last_losses),
            "evalLossFirst": state.eval_loss_first,
            "evalLossLast": state.eval_loss_last,
            "bestEvalLoss": state.best_eval_loss,
            "bestStep": state.best_step,
            "skippedSteps": state.skipped_steps,
            "checkpointPath": str(self._checkpoints / checkpoint_name(state.step)),
            "adapterPath": str(result) if result is not None and self._output.kind == "adapter" else None,
            **({"modelPath": str(result)} if result is not None and self._output.kind == "model" else {}),
            "checkpoints": [info.path.name for info in list_checkpoints(self._checkpoints)],
            "trainSeconds": state.train_seconds,
            "seconds": time.monotonic() - self._started,
        }


def _due(step: int, every: int) -> bool:
    return every > 0 and step % every == 0


def _disk_full(folder: Path, error: BaseException) -> JobError:
    return JobError(
        "train.disk_full",
        f"the disk is full: nothing more can be written below {folder}",
        exit_code=EXIT_DISK_FULL,
        params={"folder": str(folder)},
        detail=str(error),
    )
