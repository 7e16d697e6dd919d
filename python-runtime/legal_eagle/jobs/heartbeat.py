"""The file `heartbeat`: proof that the process of a job is alive and is the one that was started."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from legal_eagle.jobs.process_identity import ProcessPlatform
from legal_eagle.jobs.wire import PROTOCOL_VERSION, now_ms

HEARTBEAT_FILE: Final = "heartbeat"
HEARTBEAT_INTERVAL_SECONDS: Final = 2.0


class Heartbeat:
    """Replaces the file every two seconds from a thread of its own.

    The thread goes on while the main thread computes, because torch releases the interpreter lock inside
    its kernels. Identity is read once: neither the pid nor the start time can change.
    """

    def __init__(
        self,
        folder: Path,
        nonce: str,
        platform: ProcessPlatform,
        *,
        interval_seconds: float = HEARTBEAT_INTERVAL_SECONDS,
        clock_ms: Callable[[], int] = now_ms,
    ) -> None:
        self.pid = os.getpid()
        self.os_start_time = platform.start_time(self.pid) or ""
        self.boot_id = platform.boot_id()
        self.nonce = nonce
        self._target = folder / HEARTBEAT_FILE
        self._temporary = folder / f".{HEARTBEAT_FILE}.{self.pid}.tmp"
        self._platform = platform
        self._interval_seconds = interval_seconds
        self._clock_ms = clock_ms
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def write_once(self) -> None:
        """Write the file now. Raises OSError."""
        body = {
            "version": PROTOCOL_VERSION,
            "pid": self.pid,
            "osStartTime": self.os_start_time,
            "bootId": self.boot_id,
            "nonce": self.nonce,
            "atMs": self._clock_ms(),
        }
        self._temporary.write_text(json.dumps(body), encoding="utf-8")
        self._platform.replace_file(self._temporary, self._target)

    def start(self) -> None:
        """Write the file once, so that it is there before the first event, and go on in the background."""
        self.write_once()
        self._thread.start()

    def _beat(self) -> None:
        while not self._stop.wait(self._interval_seconds):
            try:
                self.write_once()
            except OSError:
                # A full disk or a scanner that holds the file: the next beat tries again, and a job is
                # never judged dead by an old heartbeat alone.
                continue

    def stop(self) -> None:
        """End the thread. The file stays: it says who the process was."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
