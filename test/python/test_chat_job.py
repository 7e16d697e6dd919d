"""The chat job as a real child process with pipes."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from legal_eagle.engine.adapter_output import base_fingerprint
from legal_eagle.jobs.errors import EXIT_DATA, EXIT_RESUMABLE
from legal_eagle.protocol import validate
from merge_fixtures import write_adapter, write_base
from service_job import ENVIRONMENT, RUN_PY, ChatProcess, events, only, run_job, write_job

TINY_MODEL = RUN_PY.parents[1] / "resources" / "tiny-model"


def params(folder: Path, **changes: Any) -> dict[str, Any]:
    return {
        "modelPath": str(folder / "base"),
        "adapterPath": str(folder / "adapter"),
        "template": "auto",
        "device": "cpu",
        "cpuThreads": 1,
        **changes,
    }


def generate(request_id: str, text: str = "请问什么是合同？", **changes: Any) -> dict[str, Any]:
    sampling = {"temperature": 0, "maxNewTokens": 12, **changes.pop("sampling", {})}
    messages = [{"role": "user", "content": text}]
    return {"id": request_id, "op": "generate", "messages": messages, "sampling": sampling, **changes}


@pytest.fixture
def job(tmp_path: Path) -> Path:
    config = write_base(tmp_path / "base", never_stops=True, max_position_embeddings=4096)
    write_adapter(tmp_path / "adapter", config)
    return write_job(tmp_path / "job", "chat", params(tmp_path))


LIVELY = {"temperature": 1.0, "topP": 0.3, "seed": 5, "maxNewTokens": 40}
# Takes far longer than a reply takes to cross a pipe.
LONG = {"sampling": {**LIVELY, "maxNewTokens": 4000}}


def test_a_conversation_from_ready_to_the_end_of_stdin(job: Path) -> None:
    """Would catch replies out of order, off the schema, or a job that outlives its stdin."""
    with ChatProcess(job) as chat:
        ready = chat.reply()
        assert ready["kind"] == "ready"
        assert validate(ready, "ChatReply") == []
        assert ready["identity"]["template"] == "internlm2"
        assert ready["identity"]["modelFingerprint"] == base_fingerprint(job.parent / "base")
        layers = [(one["layers"], one["totalLayers"]) for one in chat.loading]
        assert layers == [(layer, len(layers)) for layer in range(1, len(layers) + 1)] != []
        for number, target in enumerate(("base", "adapter", "base")):
            chat.send(generate(f"q{number}", target=target, sampling=LIVELY))
        answers = []
        for number in range(3):
            done, texts = chat.last_reply(f"q{number}")
            assert validate(done, "ChatReply") == []
            assert done["text"] == "".join(texts)
            assert done["answerTokens"] == 40
            assert len(texts) > 1
            answers.append(done["text"])
        assert answers[0] == answers[2] != answers[1]
        assert chat.end() == 0
    assert only(job, "ended") == {"status": "done", "exitCode": 0}


def test_the_identity_is_what_the_files_record(job: Path) -> None:
    """Would catch a name made up for what the folder does not say, or a recorded prompt that is not told."""
    record = {"runId": "r", "step": 412, "thinking": "keep", "systemPrompt": "你是律师。"}
    with ChatProcess(job) as chat:
        bare = chat.reply()["identity"]
        assert [bare[key] for key in (*record, "merged")] == [None] * 5
    (job.parent / "adapter" / "legal_eagle.json").write_text(json.dumps(record), encoding="utf-8")
    again = write_job(job.parent / "again", "chat", params(job.parent))
    with ChatProcess(again) as chat:
        told = chat.reply()["identity"]
        assert {key: told[key] for key in record} == record
        chat.send(generate("with"))
        chat.send(generate("without", useRecordedSystem=False))
        prompts = [chat.last_reply(name)[0]["promptTokens"] for name in ("with", "without")]
        assert prompts[0] > prompts[1]


def test_bad_lines_are_answered_and_the_chat_goes_on(job: Path) -> None:
    """Would catch a malformed request that kills a loaded model."""
    with ChatProcess(job) as chat:
        chat.reply()
        chat.send_line(b"{nonsense")
        refused = chat.reply()
        assert (refused["kind"], refused["id"]) == ("error", None)
        assert validate(refused, "ChatReply") == []
        chat.send(generate("long", "好" * 5000))
        refused, _ = chat.last_reply("long")
        assert refused["error"]["code"] == "chat.context_too_long"
        assert refused["error"]["params"]["maxPositions"] == 4096
        chat.send_line(json.dumps(generate("half a pair", "\ud800")).encode("ascii"))
        assert chat.last_reply("half a pair")[0]["error"]["code"] == "chat.request_invalid"
        chat.send(generate("after"))
        assert chat.last_reply("after")[0]["kind"] == "done"
        assert chat.end() == 0


def test_stop_ends_the_running_answer_and_one_that_waits(job: Path) -> None:
    """Would catch a stop that arrives only after the answer, or that stops the wrong one."""
    with ChatProcess(job) as chat:
        chat.reply()
        chat.send(generate("running", **LONG))
        chat.send(generate("waiting", **LONG))
        chat.send(generate("last"))
        assert chat.reply()["kind"] == "delta"
        chat.send({"id": "waiting", "op": "stop"})
        chat.send({"id": "running", "op": "stop"})
        done, _ = chat.last_reply("running")
        assert done["finish"] == "cancelled"
        assert done["answerTokens"] < 4000
        waiting, texts = chat.last_reply("waiting")
        assert (waiting["finish"], waiting["answerTokens"], texts) == ("cancelled", 0, [])
        assert chat.last_reply("last")[0]["finish"] == "length"
        assert chat.end() == 0


def test_the_end_of_stdin_cuts_an_answer_off_cleanly(job: Path) -> None:
    """Would catch a chat that goes on computing for a studio that is gone."""
    with ChatProcess(job) as chat:
        chat.reply()
        chat.send(generate("cut", **LONG))
        assert chat.reply()["kind"] == "delta"
        assert chat.end() == EXIT_RESUMABLE
    assert only(job, "ended")["status"] == "stopped"


def test_a_reader_that_is_gone_ends_the_chat(job: Path) -> None:
    """Would catch a crash report where the window was simply closed."""
    with ChatProcess(job) as chat:
        chat.reply()
        assert chat.process.stdout is not None
        chat.process.stdout.close()
        chat.send(generate("a", **LONG))
        chat.process.wait(timeout=60)
    assert events(job, "error") == []
    assert only(job, "ended")["status"] == "stopped"


@pytest.mark.skipif(os.name == "nt", reason="Windows asks with a console break, which the job seam tests")
def test_a_signal_stops_an_idle_chat(job: Path) -> None:
    """Would catch an idle chat that only a kill can end."""
    with ChatProcess(job) as chat:
        chat.reply()
        chat.process.send_signal(signal.SIGTERM)
        assert chat.process.wait(timeout=60) == 0


NOISY = """
import os, sys
sys.path.insert(0, sys.argv[1])
import legal_eagle.serve.chat_session as session
quiet = session.answer_tokens
def noisy(*arguments):
    for token in quiet(*arguments):
        print("a library prints", flush=True)
        os.write(1, b"and writes\\n")
        yield token
session.answer_tokens = noisy
from legal_eagle.jobs.main import main
sys.exit(main([sys.argv[2]]))
"""


def test_what_libraries_print_does_not_reach_the_replies(job: Path) -> None:
    """Would catch a warning on stdout that breaks the reader of the replies."""
    with ChatProcess(job, [sys.executable, "-c", NOISY, str(RUN_PY.parent), str(job)]) as chat:
        chat.reply()
        chat.send(generate("a"))
        assert chat.last_reply("a")[0]["kind"] == "done"
        assert chat.end() == 0
        assert "a library prints" in chat.log()
        assert "and writes" in chat.log()


def test_a_marked_model_is_refused_with_its_exit_code(tmp_path: Path) -> None:
    """Would catch a refusal that looks like a crash to the core."""
    write_base(tmp_path / "base")
    (tmp_path / "base" / "legal_eagle.json").write_text('{"parity": {"passed": false}}', encoding="utf-8")
    job = write_job(tmp_path / "job", "chat", params(tmp_path, adapterPath=None))
    assert run_job(job) == EXIT_DATA
    assert only(job, "error")["code"] == "chat.model_failed_parity"


def test_the_embedded_model_answers_in_chinese(tmp_path: Path) -> None:
    """Would catch an embedded model whose tokenizer, template or stop token does not fit this chat."""
    job = write_job(tmp_path / "job", "chat", params(tmp_path, modelPath=str(TINY_MODEL), adapterPath=None))
    with ChatProcess(job) as chat:
        assert chat.reply()["kind"] == "ready"
        chat.send(generate("a", "公司拖欠工资怎么办？", sampling={"maxNewTokens": 200}))
        done, texts = chat.last_reply("a")
        assert done["finish"] == "stop"
        assert "".join(texts) == done["text"]
        chinese = sum("\u4e00" <= character <= "\u9fff" for character in done["text"])
        assert chinese > len(done["text"]) / 2
        assert chat.end() == 0
    assert ENVIRONMENT["OMP_NUM_THREADS"] == "1"
