"""Writes the product's sample data from the table of facts, byte for byte the same every time.

python make_sample_data.py [--out DIR]      default: resources/sample-data/rows
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from sample_data.facts import read_facts
from sample_data.layouts import make_rows

_DEFAULT_OUT = Path(__file__).resolve().parents[2] / "resources" / "sample-data" / "rows"


def write_sample_data(out: Path) -> dict[str, int]:
    """Writes the three files into `out` (made when missing); returns rows by file name."""
    rows = make_rows(read_facts())
    out.mkdir(parents=True, exist_ok=True)
    texts = {
        "disc-pair.jsonl": _json_lines(rows.pair),
        "disc-triplet.jsonl": _json_lines(rows.triplet),
        "law-gpt.json": json.dumps(rows.law_gpt, ensure_ascii=False, indent=2) + "\n",
    }
    for name, text in texts.items():
        # Bytes, not text mode: Windows would turn every line end into two characters.
        (out / name).write_bytes(text.encode("utf-8"))
    return {
        "disc-pair.jsonl": len(rows.pair),
        "disc-triplet.jsonl": len(rows.triplet),
        "law-gpt.json": len(rows.law_gpt),
    }


def _json_lines(rows: Sequence[object]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the sample data from the table of facts.")
    parser.add_argument("--out", type=Path, default=_DEFAULT_OUT, help="folder for the three files")
    counts = write_sample_data(parser.parse_args().out)
    sys.stdout.write(json.dumps({"rows": counts, "total": sum(counts.values())}) + "\n")


if __name__ == "__main__":
    main()
