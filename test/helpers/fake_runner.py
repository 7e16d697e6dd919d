"""A scripted job process: the real entry point and wire, with handlers that misbehave as they are told.

Started like run.py; see fake_handlers.py for what it can do.
"""

import os

if __name__ == "__main__":
    os.closerange(3, 65536)

import sys
import time
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE))
sys.path.insert(0, str(_HERE.parents[1] / "python-runtime"))

if __name__ == "__main__":
    from legal_eagle.jobs import main as job_main

    delay = Path(sys.argv[1]) / "start-delay-seconds"
    if delay.exists():
        time.sleep(float(delay.read_text(encoding="utf-8")))
    grace = Path(sys.argv[1]) / "orphan-grace-seconds"
    if grace.exists():
        job_main.ORPHAN_GRACE_SECONDS = float(grace.read_text(encoding="utf-8"))
    sys.exit(job_main.main(sys.argv[1:], dict.fromkeys(job_main.HANDLERS, "fake_handlers")))
