"""provenance.json: what went in, what came out, each with its SHA-256."""

import hashlib
import json
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from .corpus import HELD_OUT_LAWS
from .training import Recipe

_FILES = (
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
)


@dataclass(frozen=True)
class Losses:
    """Held-out losses: statutes in nats per token and bits per character, answers in nats."""

    statute_nats_per_token: float
    statute_bits_per_character: float
    answer_nats_per_token: float
    answer_pairs: int

    def as_dict(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


def write_provenance(
    folder: Path,
    *,
    corpus_sha256: str,
    law_count: int,
    pair_count: int,
    statement_count: int,
    recipe: Recipe,
    threads: int,
    training_losses: list[float],
    held_out: Losses,
    minutes: float,
) -> None:
    """Writes provenance.json beside the model's files and hashes them."""
    last = training_losses[-50:]
    content = {
        "corpus": {"treeSha256": corpus_sha256, "laws": law_count, "heldOut": HELD_OUT_LAWS},
        "everydayStatements": statement_count,
        "chatPairs": pair_count,
        "recipe": recipe.as_dict(),
        "threads": threads,
        "steps": len(training_losses),
        "trainingLoss": {
            "first": round(training_losses[0], 4),
            "meanOfLast50": round(sum(last) / len(last), 4),
        },
        "heldOutLoss": held_out.as_dict(),
        "minutes": round(minutes, 1),
        "software": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "transformers", "tokenizers")},
        },
        "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _FILES},
    }
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    (folder / "provenance.json").write_text(text, encoding="utf-8", newline="\n")
