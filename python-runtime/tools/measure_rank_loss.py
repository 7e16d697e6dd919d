"""Kills a rank of a run with SIGKILL and prints how long it takes until the run says `train.rank_lost`.

    python python-runtime/tools/measure_rank_loss.py [--repeat 3] [--only own|torchrun|hosts|cable]
                                                     [--json-out FILE]

own: two ranks that the run started itself. torchrun: two of one machine. hosts: torchrun on two machines
made of network namespaces (root and iproute2). cable: as hosts, but the network is cut and no process ends.
Tiny models on the CPU. Ends with 1 where no loss was said within two minutes, or another error was.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "python-runtime"), str(REPOSITORY / "test" / "python")]

# First: it limits oneDNN's caches before torch loads.
import legal_eagle.engine  # noqa: E402, F401, I001

from builders import launched  # type: ignore[import-not-found]  # noqa: E402

_STEPS_BEFORE = 3
_START_SECONDS = 180.0
_LOSS_SECONDS = 120.0
_POLL_SECONDS = 0.005
# More than any machine does before it is told of the loss.
_EPOCHS = 1000


@dataclass(frozen=True, slots=True)
class Loss:
    """`seconds`: from the kill to the event; `ended`: to the end of the rank that wrote it."""

    kind: str
    seconds: float
    ended: float
    code: str
    message: str


def own(recipe: Path, runs: Path) -> Loss:
    process = launched.start(recipe, runs, [sys.executable], "--set", "hardware.processes=2")
    return _lose("own", runs, [process], lambda: _kill(runs))


def torchrun(recipe: Path, runs: Path) -> Loss:
    launcher = launched.torchrun("2", "--master-port", str(launched.free_port()))
    return _lose("torchrun", runs, [launched.start(recipe, runs, launcher)], lambda: _kill(runs))


def hosts(recipe: Path, runs: Path) -> Loss:
    with launched.two_hosts() as names:
        processes = _on_hosts(names, recipe, runs)
        return _lose("hosts", runs, processes, lambda: _kill(runs))


def cable(recipe: Path, runs: Path) -> Loss:
    with launched.two_hosts() as names:
        processes = _on_hosts(names, recipe, runs)
        return _lose(
            "cable", runs, processes, lambda: launched.ip("-n", names[1], "link", "set", names[1], "down")
        )


KINDS = {"own": own, "torchrun": torchrun, "hosts": hosts, "cable": cable}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=list(KINDS), action="append", help="these alone; repeat for more")
    parser.add_argument("--json-out", type=Path)
    options = parser.parse_args()
    found: list[Loss] = []
    print("| kind | seconds to train.rank_lost | to the end | said |")
    print("| --- | --- | --- | --- |")
    with TemporaryDirectory() as folder:
        recipe = launched.write_recipe(Path(folder), epochs=_EPOCHS, maxSteps=0)
        for kind in options.only or KINDS:
            for turn in range(options.repeat):
                one = KINDS[kind](recipe, Path(folder) / f"{kind}-{turn}")
                found.append(one)
                print(f"| {kind} | {one.seconds:.2f} | {one.ended:.2f} | {one.message} |", flush=True)
    if options.json_out is not None:
        text = json.dumps([asdict(one) for one in found], indent=1, ensure_ascii=False)
        options.json_out.write_text(text + "\n", encoding="utf-8")
    return 0 if all(one.code == "train.rank_lost" for one in found) else 1


def _on_hosts(names: tuple[str, str], recipe: Path, runs: Path) -> list[subprocess.Popen[str]]:
    port = launched.free_port()
    return [launched.start_on(name, number, recipe, runs, port) for number, name in enumerate(names)]


def _kill(runs: Path) -> None:
    os.kill(launched.pid_of_rank(runs, 1), signal.SIGKILL)


def _lose(kind: str, runs: Path, processes: list[subprocess.Popen[str]], lose: Callable[[], None]) -> Loss:
    attempt = launched.attempt_of(runs)
    try:
        _wait(lambda: len(launched.read_events(attempt, "step")) >= _STEPS_BEFORE, _START_SECONDS, processes)
        lose()
        began = time.monotonic()
        _wait(lambda: bool(launched.read_events(attempt, "error")), _LOSS_SECONDS)
        seconds = time.monotonic() - began
        _wait(lambda: bool(launched.read_events(attempt, "ended")), _LOSS_SECONDS)
        (error,) = launched.read_events(attempt, "error")
        return Loss(kind, seconds, time.monotonic() - began, error["code"], error["message"])
    finally:
        for process in processes:
            # A launcher hands SIGTERM on to its ranks; nobody else knows their ids.
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=60)
            process.kill()


def _wait(
    ready: Callable[[], bool], seconds: float, processes: list[subprocess.Popen[str]] | None = None
) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        ended = [one for one in processes or [] if one.poll() is not None]
        if ended:
            raise RuntimeError(f"ended before its time:\n{ended[0].communicate()[0][-4000:]}")
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing within {seconds:.0f} seconds")
        time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
