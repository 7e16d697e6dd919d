"""Kills training runs at random moments, resumes them, and prints what was bit-equal.

    python python-runtime/tools/kill_campaign.py [--points 100] [--seed N] [--only TEXT] [--json-out FILE]

Tiny random models on the CPU, each attempt a process of its own; the same campaign as
`test_loop_kill_resume.py`. Ends with 1 where anything differed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "python-runtime"), str(REPOSITORY / "test" / "python")]

# First: it limits oneDNN's caches before torch loads.
import legal_eagle.engine  # noqa: E402, F401, I001

from builders.kill_campaign import SETTINGS, run_campaign, table  # type: ignore[import-not-found]  # noqa: E402
from loop_fixtures import write_dataset, write_model  # type: ignore[import-not-found]  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--only", default="", help="settings whose name contains this")
    parser.add_argument("--json-out", type=Path)
    options = parser.parse_args()
    settings = [setting for setting in SETTINGS if options.only in setting.name]
    if not settings or options.points < 1:
        parser.error("nothing to do")
    moments = random.Random(options.seed)
    outcomes = []
    with TemporaryDirectory() as folder:
        root = Path(folder)
        material = write_model(root / "model"), write_dataset(root / "data")
        for index, setting in enumerate(settings):
            share = (options.points * (index + 1)) // len(settings) - (options.points * index) // len(
                settings
            )
            print(f"{setting.name}: {share} kills", file=sys.stderr, flush=True)
            if share > 0:
                outcomes.append(run_campaign(setting, material, root / f"{index}", share, moments))
    print(table(outcomes, options.seed))
    if options.json_out is not None:
        text = json.dumps(
            {"seed": options.seed, "settings": [dataclasses.asdict(one) for one in outcomes]}, indent=1
        )
        options.json_out.write_text(text + "\n", encoding="utf-8")
    return 1 if any(one.different for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
