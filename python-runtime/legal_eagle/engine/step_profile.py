"""A Chrome trace of a few optimizer steps: `profile/steps-<first>-<last>.json.gz` in the run's folder.

chrome://tracing, Perfetto and TensorBoard read it. Recording watches and changes nothing: the losses are
those of a run without it, and a recording that fails costs a warning, never the run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

FOLDER = "profile"
# The first steps of an attempt allocate, compile and fill caches; they say nothing about the others.
WARM_UP_STEPS = 2
# A trace that no viewer opens helps nobody, and it lies in the run's folder for good.
MAX_TRACE_BYTES = 200_000_000


class StepProfile:
    """Records `steps` steps of an attempt that has `remaining_steps`. `on_written` gets the file,
    `on_failure` why there is none."""

    def __init__(
        self,
        run_dir: Path,
        steps: int,
        remaining_steps: int,
        device: torch.device,
        *,
        on_written: Callable[[Path], None],
        on_failure: Callable[[str], None],
        max_bytes: int = MAX_TRACE_BYTES,
    ) -> None:
        self._folder = run_dir / FOLDER
        self._left = steps
        self._skip = max(0, min(WARM_UP_STEPS, remaining_steps - steps))
        self._activities = [ProfilerActivity.CPU]
        if device.type == "cuda":
            self._activities.append(ProfilerActivity.CUDA)
        self._on_written = on_written
        self._on_failure = on_failure
        self._max_bytes = max_bytes
        self._recorder: profile | None = None
        self._recorded: list[int] = []

    @contextlib.contextmanager
    def step(self, number: int) -> Iterator[None]:
        """Around step `number`; it is recorded if it is one of those asked for."""
        if self._left > 0 and self._skip == 0 and self._recorder is None:
            self._start()
        yield
        if self._skip > 0:
            self._skip -= 1
        elif self._left > 0 and self._recorder is not None:
            self._recorded.append(number)
            self._left -= 1
            if self._left == 0:
                self.close()

    def close(self) -> None:
        """Writes what was recorded so far; for a run that ends before all steps were."""
        recorder, self._recorder = self._recorder, None
        self._left = 0
        if recorder is None:
            return
        try:
            recorder.stop()
            if self._recorded:
                self._write(recorder)
        except Exception as error:
            self._on_failure(str(error) or type(error).__name__)

    def _start(self) -> None:
        try:
            self._recorder = profile(activities=self._activities)
            self._recorder.start()
        except Exception as error:
            self._recorder, self._left = None, 0
            self._on_failure(str(error) or type(error).__name__)

    def _write(self, recorder: profile) -> None:
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"steps-{self._recorded[0]}-{self._recorded[-1]}.json.gz"
        # The library chooses compression by the name's end, so the unfinished file differs in its beginning.
        part = self._folder / f".part-{path.name}"
        try:
            recorder.export_chrome_trace(str(part))
            size = part.stat().st_size
            if size > self._max_bytes:
                self._on_failure(f"the trace has {size} bytes, more than {self._max_bytes}")
                return
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        self._on_written(path)
