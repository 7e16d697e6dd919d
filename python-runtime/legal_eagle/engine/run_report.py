"""What a run says about itself: job events, and the same numbers for TensorBoard."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import torch

from legal_eagle.engine.checkpoint import CheckpointInfo
from legal_eagle.engine.devices import DeviceChoice
from legal_eagle.engine.distributed.ranks import Ranks
from legal_eagle.engine.evaluation import EvalResult
from legal_eagle.engine.loop import StepResult
from legal_eagle.engine.process_memory import peak_bytes
from legal_eagle.engine.progress import Throughput
from legal_eagle.engine.recompute import MemoryDecision
from legal_eagle.engine.sampling import SampleAnswer
from legal_eagle.engine.tensorboard_log import TensorBoardLog
from legal_eagle.jobs.context import ControlCommand, Reporter


class Silent:
    """The reporter of every rank but the first: one run has one event file."""

    def emit(self, type: str, data: Mapping[str, object], /) -> None:
        pass


class RunReport:
    """Writes the events of a training attempt, and TensorBoard's into `board_dir` where there is one."""

    def __init__(self, reporter: Reporter, board_dir: Path | None, device: torch.device) -> None:
        self._reporter = reporter
        self._device = device
        self._throughput = Throughput()
        self._device_event: dict[str, Any] = {}
        self._board = None if board_dir is None else TensorBoardLog(board_dir)

    def __enter__(self) -> RunReport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._board is not None:
            self._board.close()

    def phase(self, name: str, detail: str | None = None) -> None:
        self._reporter.emit("phase", {"name": name} if detail is None else {"name": name, "detail": detail})

    def memory(self, decision: MemoryDecision, asked: str, layers: int) -> None:
        self._reporter.emit(
            "memory",
            {
                "recompute": asked,
                "recomputedLayers": decision.layers,
                "layers": layers,
                "microBatchTokens": decision.tokens,
                "standingBytes": decision.standing_bytes,
                "predictedPeakBytes": decision.peak_bytes,
                "layerBytesPerToken": decision.layer_bytes_per_token,
                "budgetBytes": decision.budget_bytes,
                "reason": decision.reason,
            },
        )

    def spilled(self, before: float, now: float) -> None:
        self.warning(
            "train.slow_spill",
            f"throughput fell from {before:,.0f} to {now:,.0f} tokens a second",
            before=f"{before:,.0f}",
            now=f"{now:,.0f}",
        )

    def recompute_raised(self, old_layers: int, new_layers: int) -> None:
        self.warning(
            "train.recompute_raised",
            f"out of memory: {new_layers} layers are computed again instead of {old_layers}",
            oldLayers=old_layers,
            newLayers=new_layers,
        )

    def device(self, choice: DeviceChoice, ranks: Ranks, reasons: Sequence[str]) -> None:
        """Where the run computes, why there, and on which ranks where there are several."""
        places = [
            {"rank": place.rank, "host": place.host, "device": place.device, "name": place.name}
            | ({} if place.uuid is None else {"uuid": place.uuid})
            for place in ranks.places
        ]
        self._device_event = {
            "device": str(choice.device),
            "name": choice.name,
            **({} if choice.uuid is None else {"uuid": choice.uuid}),
            "precision": choice.precision,
            "cpuThreads": choice.cpu_threads,
            "reasons": [*choice.reasons, *reasons],
            **({"ranks": places} if len(places) > 1 else {}),
        }
        self._reporter.emit("device", self._device_event)

    def reason(self, text: str) -> None:
        """One reason more, of a choice that only the loaded model could decide; the whole is said again."""
        self._device_event = {**self._device_event, "reasons": [*self._device_event["reasons"], text]}
        self._reporter.emit("device", self._device_event)

    def step(
        self,
        result: StepResult,
        *,
        pad_share: float,
        remaining_tokens: int,
        skew: Mapping[str, object] | None = None,
    ) -> None:
        self._throughput.add(result.tokens, result.seconds)
        tokens_per_second = result.tokens / result.seconds if result.seconds > 0 else None
        peak = peak_bytes(self._device)
        self._reporter.emit(
            "step",
            {
                "step": result.step,
                "epoch": result.epoch,
                "loss": result.loss,
                "learningRate": result.learning_rate,
                "gradNorm": result.grad_norm,
                "tokens": result.tokens,
                "answerTokens": result.answer_tokens,
                "tokensPerSecond": tokens_per_second,
                "padShare": pad_share,
                "microBatches": result.micro_batches,
                "stepMs": result.seconds * 1000,
                "peakBytes": peak,
                "remainingTokens": remaining_tokens,
                "etaMs": self._throughput.eta_ms(remaining_tokens),
                "skipped": result.skipped,
                **({} if skew is None else {"skew": skew}),
            },
        )
        self._scalars(
            result.step,
            {
                "train/loss": result.loss,
                "train/learning_rate": result.learning_rate,
                "train/grad_norm": result.grad_norm,
                "train/tokens_per_second": tokens_per_second,
                "train/epoch": result.epoch,
                "train/answer_tokens": result.answer_tokens,
                "train/pad_share": pad_share,
                "train/micro_batches": result.micro_batches,
                "train/step_seconds": result.seconds,
                "train/peak_bytes": peak,
            },
        )

    def eval(self, step: int, result: EvalResult, best: bool) -> None:
        self._reporter.emit(
            "eval",
            {
                "step": step,
                "loss": result.loss,
                "answerTokens": result.answer_tokens,
                "rows": result.rows,
                "best": best,
            },
        )
        self._scalars(step, {"eval/loss": result.loss})

    def sample(self, step: int, answer: SampleAnswer) -> None:
        self._reporter.emit(
            "sample",
            {
                "step": step,
                "prompt": answer.prompt,
                "answer": answer.answer,
                "finish": answer.finish,
                "tokens": answer.tokens,
            },
        )

    def checkpoint(self, info: CheckpointInfo, reason: str, eval_loss: float | None, best: bool) -> None:
        self._reporter.emit(
            "checkpoint",
            {
                "step": info.step,
                "path": str(info.path),
                "bytes": info.bytes,
                "manifestSha256": info.manifest_sha256,
                "reason": reason,
                "evalLoss": eval_loss,
                "best": best,
            },
        )

    def checkpoint_removed(self, info: CheckpointInfo) -> None:
        self._reporter.emit("checkpoint-removed", {"step": info.step, "path": str(info.path)})

    def control_done(self, command: ControlCommand, step: int) -> None:
        self._reporter.emit("control-done", {"id": command.id, "command": command.command, "step": step})

    def warning(self, code: str, message: str, **params: object) -> None:
        self._reporter.emit("warning", {"code": code, "message": message, "params": params})

    def profile_written(self, path: Path) -> None:
        self.phase("profile", str(path))
        self.phase("train")

    def profile_failed(self, reason: str) -> None:
        self.warning("train.profile_failed", f"the steps could not be recorded: {reason}", reason=reason)

    def result(self, values: dict[str, object]) -> None:
        self._reporter.emit("result", values)

    def _scalars(self, step: int, values: dict[str, float | None]) -> None:
        if self._board is None:
            return
        self._board.scalars(
            step, {tag: one for tag, one in values.items() if one is not None and math.isfinite(one)}
        )
