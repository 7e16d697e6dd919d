"""Makes the embedded tiny model: tokenizer, two training stages, InternLM2 folder, provenance.

    python make_tiny_model.py --corpus DIR --out DIR             the whole model
    python make_tiny_model.py --steps 20 --golden-out FILE       only the first steps' losses

`--steps` stops the same run early: same texts, same tokenizer (read from `--tokenizer`), same seed
and schedule, so its losses are the first losses of the whole run.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from tiny_model.batches import Texts, encode_chats, encode_plain
from tiny_model.corpus import Law, newest_versions, read_laws, tree_sha256
from tiny_model.evaluation import answer_loss, statute_loss
from tiny_model.layout import read_as_llama, write_configs, write_weights
from tiny_model.pairs import everyday_phrases, everyday_statements, make_pairs, statute_pairs
from tiny_model.provenance import Losses, write_provenance
from tiny_model.tokenizer import EOS_ID, IM_END_ID, load_tokenizer, train_tokenizer, write_tokenizer
from tiny_model.training import (
    ROPE_THETA,
    THREADS,
    Recipe,
    model_config,
    new_model,
    train,
)

_REPOSITORY = Path(__file__).resolve().parents[2]
_STATEMENTS = 6000
_PAIR_ROUNDS = 3
# Statutes outnumber everyday phrases by far; this weight lets the tokenizer learn everyday words.
_PHRASE_WEIGHT = 15


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    # Nothing here reads memory it has not written; filling it would cost 3 % of the time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    laws = read_laws(options.corpus)
    training_laws = [law for law in laws if not law.held_out]
    current_laws = newest_versions(training_laws)
    if options.retokenize:
        texts = [*(law.text for law in training_laws), *(everyday_phrases() * _PHRASE_WEIGHT)]
        options.out.mkdir(parents=True, exist_ok=True)
        tokenizer = train_tokenizer(texts)
        write_tokenizer(tokenizer, options.out)
    else:
        tokenizer = load_tokenizer(options.tokenizer)
    defaults = Recipe()
    recipe = replace(
        defaults,
        stage1_steps=options.stage1_steps or defaults.stage1_steps,
        stage2_steps=options.stage2_steps or defaults.stage2_steps,
    )
    statements = everyday_statements(current_laws, recipe.seed, _STATEMENTS)
    pairs = make_pairs(current_laws, recipe.seed, _PAIR_ROUNDS)
    steps = options.steps or recipe.total_steps
    encoded = Texts(
        plain=encode_plain(tokenizer, training_laws, statements),
        chats=encode_chats(tokenizer, pairs) if steps > recipe.stage1_steps else [],
    )
    model = new_model(recipe.seed)
    started = time.monotonic()
    losses = train(model, recipe, encoded, steps, _print_step)
    if options.golden_out:
        _write_golden(options.golden_out, losses, options.threads)
    if options.steps:
        return 0
    weights = {name: w.detach() for name, w in model.state_dict().items()}
    write_weights(weights, model_config(), options.out)
    write_configs(model_config(), ROPE_THETA, [EOS_ID, IM_END_ID], options.out)
    result = _evaluate(options.out, tokenizer, laws, recipe)
    write_provenance(
        options.out,
        corpus_sha256=tree_sha256(options.corpus),
        law_count=len(laws),
        pair_count=len(pairs),
        statement_count=len(statements),
        recipe=recipe,
        threads=options.threads,
        training_losses=losses,
        held_out=result,
        minutes=(time.monotonic() - started) / 60,
    )
    print(json.dumps({"heldOut": result.as_dict()}), flush=True)
    return 0


def _evaluate(folder: Path, tokenizer: Tokenizer, laws: list[Law], recipe: Recipe) -> Losses:
    """Losses of the written (16-bit) weights, loaded again."""
    config = model_config()
    model = LlamaForCausalLM(config).float()
    model.load_state_dict(read_as_llama(folder, config))
    held_out = [law for law in laws if law.held_out]
    per_token, bits = statute_loss(model, tokenizer, held_out, recipe.long_row_tokens)
    pairs = statute_pairs(held_out, recipe.seed)
    return Losses(per_token, bits, answer_loss(model, tokenizer, pairs), len(pairs))


def _print_step(step: int, loss: float, tokens_per_second: float) -> None:
    if step <= 20 or step % 10 == 0:
        print(f"step {step} loss {loss:.4f} {tokens_per_second:.0f} tokens/s", flush=True)


def _write_golden(path: Path, losses: list[float], threads: int) -> None:
    content = {"threads": threads, "losses": [round(loss, 6) for loss in losses]}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8", newline="\n")


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    folder = _REPOSITORY / "resources" / "tiny-model"
    shared = Path(os.environ.get("LEGAL_EAGLE_SHARED", _REPOSITORY.parent / "shared"))
    statutes = shared / "data" / "statutes"
    parser.add_argument("--corpus", type=Path, default=statutes, help="folder of */*.md laws")
    parser.add_argument("--out", type=Path, default=folder, help="folder to write")
    parser.add_argument("--tokenizer", type=Path, default=folder, help="folder of tokenizer.json")
    parser.add_argument("--retokenize", action="store_true", help="train the tokenizer into --out")
    parser.add_argument("--stage1-steps", type=int, help="instead of the recipe's")
    parser.add_argument("--stage2-steps", type=int, help="instead of the recipe's")
    parser.add_argument("--steps", type=int, help="stop after this many steps and write no model")
    parser.add_argument("--threads", type=int, default=THREADS, help="processor threads")
    parser.add_argument("--golden-out", type=Path, help="write the losses as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
