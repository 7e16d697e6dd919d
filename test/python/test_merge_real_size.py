"""A checkpoint of InternLM2-chat-7B's shape through library, merge and parity check, on a small machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from test_merge_job import merge_params

from legal_eagle.models.config import read_config
from merge_fixtures import write_adapter, write_tokenizer
from service_job import RUN_PY, command, only, write_job

ROOT = RUN_PY.parents[1]
MAKER = Path(__file__).with_name("builders") / "large_checkpoint.py"
NODE = ROOT / "node_modules" / ".bin" / "node"
# What InternLM2-chat-7B has: 2 · (2 · 92544 · 4096 + 32 · (218103808 + 8192) + 4096).
TENSOR_BYTES = 15_475_417_088
NEEDED_BYTES = 40 << 30
PEAK_BYTES = 3_000_000_000
MAKER_PEAK_BYTES = 300_000_000
PATIENCE_SECONDS = 3 * 3600

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads peaks as Linux states them"),
]


def run_watched(arguments: Sequence[str], log: Path, out: Path, **environment: str) -> int:
    """Runs a program to its end; returns the highest VmHWM, bytes, that was seen of it.

    The kernel counts up to the moment and forgets when a process ends, so it is asked all the time; what is
    allocated in the last tenth of a second before the end may be missed.
    """
    peak = 0
    with log.open("ab") as errors, out.open("ab") as said:
        process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=said, stderr=errors, env={**os.environ, **environment}
        )
        assert process.stdin is not None
        process.stdin.write(b"{}\n")
        process.stdin.flush()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while process.poll() is None:
            peak = max(peak, _peak_bytes(process.pid))
            assert time.monotonic() < deadline, f"{arguments} did not end; see {log}"
            time.sleep(0.1)
        process.stdin.close()
    assert process.returncode == 0, log.read_text(encoding="utf-8")
    return peak


def _peak_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    free = shutil.disk_usage(tmp_path).free
    if free < NEEDED_BYTES:
        pytest.skip(f"needs {NEEDED_BYTES} bytes of disk, {free} are free")
    yield tmp_path
    # pytest keeps the folders of its last three sessions.
    shutil.rmtree(tmp_path)


def test_a_7b_is_added_inspected_merged_and_checked_in_less_than_3_gb(place: Path) -> None:
    """Would catch a layer, a table, a shard or a file list of this size held whole, anywhere on its way."""
    base, log = place / "base", place / "log.txt"
    peaks = {"make": run_watched([sys.executable, str(MAKER), str(base)], log, log)}
    assert peaks["make"] < MAKER_PEAK_BYTES
    write_tokenizer(base)

    def studio(*words: str) -> Any:
        said = place / "said.txt"
        said.unlink(missing_ok=True)
        verb = [str(NODE), str(ROOT / "electron/cli/main.ts"), *words, "--json"]
        home = {"LEGAL_EAGLE_HOME": str(place / "home"), "LEGAL_EAGLE_VARIANT": "dev"}
        peaks[" ".join(words[:2])] = run_watched(verb, log, said, **home)
        return json.loads(said.read_text(encoding="utf-8").splitlines()[-1])

    studio("model", "add", str(base), "--name", "internlm2-7b")
    facts = studio("model", "show", "internlm2-7b")["facts"]
    assert (facts["layout"], facts["supported"]) == ("internlm2", True)
    assert facts["layers"] == 32
    assert facts["parameters"] == TENSOR_BYTES // 2

    write_adapter(place / "adapter", read_config(base), rank=8, strength=0.02)
    job = write_job(place / "job", "merge", merge_params(place, maxShardBytes=2_000_000_000))
    started = time.monotonic()
    peaks["merge"] = run_watched(command(job), log, log)
    seconds = time.monotonic() - started
    result = only(job, "result")
    print(json.dumps({"peaks": peaks, "mergeSeconds": round(seconds), "parity": result["parity"]}))
    assert result["parity"]["passed"] is True
    assert result["parity"]["prompts"] == 20
    assert result["changedTensors"] == 32 * 5
    assert result["bytes"] > TENSOR_BYTES
    assert all(0 < peak < PEAK_BYTES for peak in peaks.values()), peaks
