"""Handlers of scripted jobs: `scenario.json` in the job folder lists actions, each `{"do": name, …}`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.errors import JobError

Action = dict[str, Any]


def _progress(context: JobContext, done: int) -> None:
    context.reporter.emit("progress", {"done": done, "total": None, "unit": "steps", "etaMs": None})


def steps(context: JobContext, action: Action) -> None:
    """`count` numbered events, `delayMs` apart."""
    for number in range(1, action["count"] + 1):
        _progress(context, number)
        time.sleep(action.get("delayMs", 0) / 1000)


def stream(context: JobContext, action: Action) -> Outcome | None:
    """Numbered events until somebody asks to stop."""
    number = 0
    while not context.stop_requested():
        number += 1
        _progress(context, number)
        time.sleep(action.get("delayMs", 5) / 1000)
    return "stopped"


def commands(context: JobContext, action: Action) -> None:
    """Reports the commands that arrive, until `count` of them did."""
    seen: list[str] = []
    while len(seen) < action["count"]:
        seen += [command.command for command in context.control.poll()]
        time.sleep(0.01)
    context.reporter.emit("result", {"commands": seen})


def hang(_context: JobContext, _action: Action) -> None:
    while True:
        time.sleep(0.05)


def hang_deaf(context: JobContext, action: Action) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    context.reporter.emit("phase", {"name": "deaf"})
    hang(context, action)


def crash(_context: JobContext, _action: Action) -> None:
    raise RuntimeError("the scripted crash 崩溃")


def fail(_context: JobContext, action: Action) -> None:
    raise JobError(action["code"], "the scripted failure", exit_code=action["exitCode"], params={"row": 7})


def leave(_context: JobContext, action: Action) -> None:
    os._exit(action["code"])


def kill_self(_context: JobContext, action: Action) -> None:
    os.kill(os.getpid(), getattr(signal, action["signal"]))
    time.sleep(60)


def raw(context: JobContext, action: Action) -> None:
    """Bytes into the event file behind the writer's back."""
    with (context.dir / "events.ndjson").open("ab") as file:
        file.write(action["text"].encode("utf-8") * action.get("times", 1))


def shrink(context: JobContext, action: Action) -> None:
    os.truncate(context.dir / "events.ndjson", action["bytes"])


def replace(context: JobContext, _action: Action) -> None:
    events = context.dir / "events.ndjson"
    copy = context.dir / "copy"
    copy.write_bytes(events.read_bytes())
    copy.replace(events)


def emit(context: JobContext, action: Action) -> None:
    context.reporter.emit(action["type"], action["data"])


def not_finite(context: JobContext, _action: Action) -> None:
    context.reporter.emit("result", {"a": float("nan"), "b": {"c": [1.0, float("-inf")]}, "d": "法律"})


def say(_context: JobContext, action: Action) -> None:
    print(action["text"])


def children(context: JobContext, action: Action) -> None:
    """Processes that would outlive the job: one in its group, one in a session of its own, one orphan."""
    sleep = [sys.executable, "-I", "-c", "import time; time.sleep(600)"]
    orphan = [
        sys.executable,
        "-I",
        "-c",
        f"import subprocess; print(subprocess.Popen({sleep!r}, stdout=subprocess.DEVNULL).pid)",
    ]
    pids = [subprocess.Popen(sleep).pid, subprocess.Popen(sleep, start_new_session=True).pid]
    made = subprocess.run(orphan, start_new_session=True, stdout=subprocess.PIPE, check=True)
    pids.append(int(made.stdout))
    context.reporter.emit("result", {"pids": pids})


def describe(context: JobContext, _action: Action) -> None:
    """What this process was given: descriptors, environment, arguments, secrets."""
    descriptors: list[str] = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            descriptors.append(f"{link.name}:{link.readlink()}")
    context.reporter.emit(
        "result",
        {
            "descriptors": descriptors,
            "environment": sorted(os.environ),
            "arguments": sys.orig_argv,
            "secretLengths": {key: len(value) for key, value in context.secrets.items()},
            "leadsGroup": os.getpgrp() == os.getpid(),
            "isolated": sys.flags.isolated,
            "utf8": sys.flags.utf8_mode,
        },
    )


def use_secrets(context: JobContext, action: Action) -> None:
    """Does with its secrets all that a careless library would; `then` says how it ends."""
    for secret in context.secrets.values():
        print(f"login with {secret}")
        print("half ", end="")
        print(secret[:10], end="")
        print(secret[10:])
        context.reporter.emit("phase", {"name": "login", "detail": f"Authorization: Bearer {secret}"})
        context.reporter.emit(
            "result", {"nested": [{"body": secret}], "url": f"https://oauth2:{secret}@hub/"}
        )
        if action["then"] == "crash":
            raise RuntimeError(f"PUT https://hub/?token={secret} failed")
        if action["then"] == "fail":
            raise JobError(
                "job.crashed",
                f"refused: {secret}",
                exit_code=1,
                params={"reason": f"the hub refused {secret}"},
                detail=f"headers: {{'Authorization': 'Bearer {secret}'}}",
            )
        if action["then"] == "abort":
            os.abort()


def spill_secrets(context: JobContext, action: Action) -> None:
    """Past everything that Python looks at, as a native library might, and gone."""
    for secret in context.secrets.values():
        sys.stdout.flush()
        os.write(2, f"native: {secret}\n".encode())
    os._exit(action["code"])


def wait_for_file(context: JobContext, action: Action) -> Outcome | None:
    while not (context.dir / action["name"]).exists():
        if context.stop_requested():
            return "stopped"
        time.sleep(0.01)
    return None


def answer_requests(context: JobContext, _action: Action) -> Outcome | None:
    """A chat job: each request comes back, and a print in between must not reach the replies."""
    assert context.input is not None
    assert context.output is not None
    for line in context.input:
        print("a library's print")
        context.output.write(line)
        context.output.flush()
    return "stopped" if context.stop_requested() else None


def break_inbox(context: JobContext, _action: Action) -> None:
    """A file where the inbox should be: no command arrives any more."""
    (context.dir / "control").rename(context.dir / "control-away")
    (context.dir / "control").write_text("", encoding="utf-8")


def linger_child(_context: JobContext, _action: Action) -> None:
    """A worker of the group, which has to go when the job does."""
    subprocess.Popen([sys.executable, "-I", "-c", "import time; time.sleep(600)"])


def linger(_context: JobContext, _action: Action) -> None:
    """Keeps the interpreter from ending after the last event."""
    threading.Thread(target=time.sleep, args=(600,)).start()


def call_out(context: JobContext, action: Action) -> None:
    """Every way of Python code to another machine, and what came of each."""
    host, port = action["host"], action["port"]
    url = f"http://{host}:{port}/"

    def straight() -> None:
        socket.create_connection((host, port), timeout=5).close()

    def datagram() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"x", (host, port))

    def around_the_proxy() -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(url, timeout=5).close()

    def own_machine() -> None:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()

    ways: dict[str, Callable[[], None]] = {
        "straight": straight,
        "name": lambda: print(socket.getaddrinfo("rig.invalid", 80)),
        "datagram": datagram,
        "library": lambda: urllib.request.urlopen(url, timeout=5).close(),
        "aroundTheProxy": around_the_proxy,
        "forked": lambda: _in_fork(straight),
        "otherProgram": lambda: _program(url),
        "ownMachine": own_machine,
    }
    outcomes: dict[str, str] = {}
    for name, way in ways.items():
        try:
            way()
            outcomes[name] = "connected"
        except Exception as error:
            outcomes[name] = f"{type(error).__name__}: {error}"
    names = ("http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    context.reporter.emit(
        "result", {"outcomes": outcomes, "environment": {name: os.environ.get(name) for name in names}}
    )


def _in_fork(way: Callable[[], None]) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            way()
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
        raise ConnectionRefusedError("refused in the forked process")


def _program(url: str) -> None:
    """A program that is not ours and looks for a proxy, as most do."""
    script = f"import urllib.request; urllib.request.urlopen({url!r}, timeout=5)"
    ended = subprocess.run([sys.executable, "-I", "-c", script], stderr=subprocess.PIPE, check=False)
    if ended.returncode != 0:
        raise ConnectionRefusedError(ended.stderr.decode().strip().splitlines()[-1])


ACTIONS: dict[str, Callable[[JobContext, Action], Outcome | None]] = {
    "steps": steps,
    "stream": stream,
    "commands": commands,
    "hang": hang,
    "hang-deaf": hang_deaf,
    "crash": crash,
    "fail": fail,
    "leave": leave,
    "kill-self": kill_self,
    "raw": raw,
    "shrink": shrink,
    "replace": replace,
    "emit": emit,
    "not-finite": not_finite,
    "say": say,
    "children": children,
    "describe": describe,
    "spill-secrets": spill_secrets,
    "use-secrets": use_secrets,
    "wait-for-file": wait_for_file,
    "answer-requests": answer_requests,
    "break-inbox": break_inbox,
    "linger": linger,
    "linger-child": linger_child,
    "call-out": call_out,
}


def run(context: JobContext) -> Outcome:
    """The handler: each action in turn; the first that has an outcome ends the job."""
    for action in json.loads((context.dir / "scenario.json").read_text(encoding="utf-8")):
        outcome = ACTIONS[action["do"]](context, action)
        if outcome is not None:
            return outcome
    return "done"
