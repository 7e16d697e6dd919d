"""Model folders that hold a tokenizer of single characters, its control tokens and a chat template."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, models


def template_folder(
    folder: Path,
    control: Sequence[str],
    *,
    jinja: str | None = None,
    bos: str | None = None,
    eos: str | None = None,
    plain: Sequence[str] = (),
) -> Path:
    """`plain`: tokens that are one piece but no control token, as Qwen3's `<think>`."""
    folder.mkdir(parents=True, exist_ok=True)
    characters = sorted({chr(code) for code in range(0x20, 0x7F)} | set("\n甲乙丙丁律师。？"))
    vocab = {piece: index for index, piece in enumerate(["<unk>", *characters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token="<unk>"))
    tokenizer.add_special_tokens([AddedToken(one, special=True, normalized=False) for one in control])
    tokenizer.add_tokens([AddedToken(one, special=False, normalized=False) for one in plain])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"bos_token": bos, "eos_token": eos}
    if jinja is not None:
        settings["chat_template"] = jinja
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder
