"""TensorBoard event files beside `events.ndjson`, with the names other trainers use."""

from __future__ import annotations

import time
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

FOLDER = "tensorboard"


class TensorBoardLog:
    """Scalars of one attempt. Written by a thread of the library; `close` waits for it."""

    def __init__(self, job_dir: Path) -> None:
        # The protobuf route of the `tensorboard` package: no import of TensorFlow, no torch tensors.
        self._writer = EventFileWriter(str(job_dir / FOLDER), flush_secs=5)

    def scalars(self, step: int, values: dict[str, float]) -> None:
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])
        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))

    def close(self) -> None:
        self._writer.close()
