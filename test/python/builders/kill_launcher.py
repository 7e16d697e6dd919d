"""Runs a job as `run.py` does, and takes the process from itself by SIGKILL at one exact moment.

    python -I -X utf8 kill_launcher.py '<moment>' <job folder>

A moment is a place of the program, not a time: `{"site": "engine/checkpoint.py:write_checkpoint",
"occurrence": 2, "events": 37}` is the 37th call or return (of Python and of C functions) after that function
was entered for the second time. The same moment is the same on every machine and under every load.
With `{"measure": FILE}` the job runs to its end, and FILE gets for each site the number of events within
each of its occurrences.
"""

import atexit
import json
import os
import runpy
import signal
import sys
from pathlib import Path

# (end of the file name, function). Whoever renames one is told by the campaign, which has seen each of them.
SITES = {
    "start": ("jobs/main.py", "read_spec"),
    "device": ("engine/devices.py", "choose_device"),
    "tokenise": ("data/token_store.py", "build_or_open"),
    "plan": ("data/pack_plan.py", "plan"),
    "load": ("engine/model.py", "build_model"),
    "resume": ("engine/resume.py", "read_state"),
    "restore": ("engine/resume.py", "apply_state"),
    "step": ("engine/loop.py", "step"),
    "optimizer": ("engine/optimizer.py", "step"),
    "evaluate": ("engine/train_job.py", "_evaluate"),
    "sample": ("engine/train_job.py", "_sample"),
    "checkpoint": ("engine/checkpoint.py", "write_checkpoint"),
    "rename": ("engine/disk.py", "replace_folder"),
    "prune": ("engine/checkpoint.py", "prune_checkpoints"),
    "adapter": ("engine/adapter_output.py", "write_adapter_folder"),
    "report": ("engine/run_report.py", "result"),
    "end": ("jobs/main.py", "_end"),
}
_BY_NAME: dict[str, list[tuple[str, str]]] = {}
for _site, (_file, _function) in SITES.items():
    _BY_NAME.setdefault(_function, []).append((_file, _site))


def _site_of(code) -> str | None:
    """The site whose function `code` is."""
    for file, site in _BY_NAME.get(code.co_name, ()):
        if code.co_filename.replace("\\", "/").endswith(f"legal_eagle/{file}"):
            return site
    return None


def _killer(moment: dict):
    wanted, left, armed, rest = moment["site"], moment["occurrence"], False, moment["events"]

    def hook(frame, event, _argument):
        nonlocal left, armed, rest
        if armed:
            rest -= 1
            if rest < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        elif event == "call" and frame.f_code.co_name in _BY_NAME and _site_of(frame.f_code) == wanted:
            left -= 1
            armed = left == 0

    return hook


def _meter(path: str):
    found: dict[str, list[int]] = {site: [] for site in SITES}
    count, open_sites = 0, []

    def hook(frame, event, _argument):
        nonlocal count
        count += 1
        if frame.f_code.co_name not in _BY_NAME:
            return
        if event == "call":
            site = _site_of(frame.f_code)
            if site is not None:
                open_sites.append((frame, site, count))
        elif event == "return" and open_sites and open_sites[-1][0] is frame:
            _, site, start = open_sites.pop()
            found[site].append(count - start)

    def write() -> None:
        sys.setprofile(None)
        Path(path).write_text(json.dumps(found), encoding="utf-8")

    atexit.register(write)
    return hook


if __name__ == "__main__":
    _moment, _folder = json.loads(sys.argv[1]), sys.argv[2]
    _run_py = str(Path(__file__).resolve().parents[3] / "python-runtime" / "run.py")
    sys.argv = [_run_py, _folder]
    sys.setprofile(_meter(_moment["measure"]) if "measure" in _moment else _killer(_moment))
    runpy.run_path(_run_py, run_name="__main__")
