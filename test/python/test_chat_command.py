"""`python -m legal_eagle merge` and `chat`, as a person on a cluster node starts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from merge_fixtures import write_adapter, write_base
from service_job import RUN_PY

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(RUN_PY.parent),
    "PYTHONUTF8": "1",
    "OMP_NUM_THREADS": "1",
}


def run(*arguments: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "legal_eagle", *map(str, arguments)],
        input=typed,
        env=ENVIRONMENT,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=240,
    )


def test_an_adapter_is_merged_and_both_forms_answer_alike(tmp_path: Path) -> None:
    """Would catch a command line that merges or talks otherwise than the studio's jobs do."""
    base, adapter, merged = (tmp_path / name for name in ("base", "adapter", "merged"))
    write_adapter(adapter, write_base(base))
    done = run("merge", base, adapter, merged, "--dtype", "fp32", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["type"] == "result"
    assert result["data"]["maxAbsLogitDiff"] < 1e-4
    settings = ("--temperature", "0", "--max-new-tokens", "12", "--json")
    questions = "请问什么是合同？\n\n谢谢\n"
    of_merged = run("chat", merged, *settings, typed=questions)
    of_adapter = run("chat", base, "--adapter", adapter, *settings, typed=questions)
    assert of_merged.returncode == 0, of_merged.stderr
    assert of_merged.stdout == of_adapter.stdout
    answers = [json.loads(line) for line in of_merged.stdout.splitlines()]
    assert len(answers) == 2
    # The second turn holds the first.
    assert answers[1]["promptTokens"] > answers[0]["promptTokens"]


def test_failures_are_named_with_their_exit_code(tmp_path: Path) -> None:
    """Would catch a traceback where a person needs a sentence."""
    write_base(tmp_path / "base")
    refused = run("merge", tmp_path / "base", tmp_path / "nowhere", tmp_path / "out", "--json")
    assert refused.returncode == 22
    assert json.loads(refused.stdout.splitlines()[-1])["error"]["code"] == "merge.adapter_missing"
    refused = run("chat", tmp_path / "base", "--temperature", "-1", "--prompt", "hi")
    assert refused.returncode != 0
    assert "chat.request_invalid" in refused.stderr
    assert "Traceback" not in refused.stderr
