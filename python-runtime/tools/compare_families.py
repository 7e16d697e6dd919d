"""Prints how far the engine is from transformers' own classes and PEFT, family by family.

    python python-runtime/tools/compare_families.py

Tiny random models in fp32 on the CPU; the same comparison as `test_engine_math_families.py`, as a table.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "python-runtime"), str(REPOSITORY / "test" / "python")]

# First: it limits oneDNN's caches before torch loads.
import legal_eagle.engine  # noqa: E402, F401, I001

from builders.families import FAMILIES, measure_family  # type: ignore[import-not-found]  # noqa: E402


def main() -> None:
    print("| family | logits, max abs difference | LoRA gradients, relative | packed against one by one |")
    print("| --- | --- | --- | --- |")
    for name, family in FAMILIES.items():
        with TemporaryDirectory() as folder:
            errors = measure_family(family, Path(folder))
        print(f"| {name} | {errors.logits:.1e} | {errors.gradient:.1e} | {errors.packed:.1e} |")


if __name__ == "__main__":
    main()
