"""A scripted job process: the real run.py, wire and control, with handlers that misbehave as they are told.

Started like run.py; see fake_handlers.py for what it can do.
"""

import runpy
import sys
import time
from pathlib import Path
from typing import cast

_HERE = Path(__file__).resolve().parent
_RUNTIME = _HERE.parents[1] / "python-runtime"
sys.path.insert(0, str(_HERE))
sys.path.insert(0, str(_RUNTIME))

if __name__ == "__main__":
    from legal_eagle.jobs import main as job_main

    folder = Path(sys.argv[1])
    delay = folder / "start-delay-seconds"
    if delay.exists():
        time.sleep(float(delay.read_text(encoding="utf-8")))
    grace = folder / "orphan-grace-seconds"
    if grace.exists():
        job_main.ORPHAN_GRACE_SECONDS = float(grace.read_text(encoding="utf-8"))
    handlers = cast("dict[str, str]", job_main.HANDLERS)
    handlers.update(dict.fromkeys(handlers, "fake_handlers"))
    runpy.run_path(str(_RUNTIME / "run.py"), run_name="__main__")
