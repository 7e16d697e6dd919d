"""Tokenizers that put a space before a text: in a chat cut into pieces, the space stays where it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

from legal_eagle.models.templates import TEMPLATES, Message, encode_chat
from legal_eagle.models.tokenizer import ChatTokenizer

CONTROL = ("<s>", "</s>", "[INST]", "[/INST]", "<|im_start|>", "<|im_end|>")
TALK: list[Message] = [
    {"role": "user", "content": "甲乙 甲"},
    {"role": "assistant", "content": "乙甲"},
    {"role": "user", "content": "甲"},
    {"role": "assistant", "content": "乙 甲"},
]


def folder_with(folder: Path, style: str, control: tuple[str, ...]) -> Path:
    """A tokenizer in one of Llama 2's two forms, where `▁甲` and `▁乙` are pieces of their own."""
    characters = sorted(set("▁甲乙\nusertai") | {chr(code) for code in range(0x21, 0x7F)})
    pieces = ["<unk>", *characters, "▁甲", "▁乙", "▁a", "▁u"]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={piece: index for index, piece in enumerate(pieces)},
            merges=[("▁", "甲"), ("▁", "乙"), ("▁", "a"), ("▁", "u")],
            unk_token="<unk>",
        )
    )
    if style == "prepend":
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=style, split=False)
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens([AddedToken(one, special=True, normalized=False) for one in control])
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.mark.parametrize("name", ["mistral-v3", "mistral", "internlm2", "llama-chatml", "yi-1.5"])
@pytest.mark.parametrize("style", ["prepend", "first", "always", "never"])
def test_a_chat_in_pieces_is_cut_as_one_text(style: str, name: str, tmp_path: Path) -> None:
    """A space before every answer that the model never saw in its own training, in every row of a run."""
    # Of Mistral's first versions the brackets are text.
    control = tuple(one for one in CONTROL if name != "mistral" or "INST" not in one)
    folder = folder_with(tmp_path, style, control)
    tokenizer, template = ChatTokenizer.load(folder), TEMPLATES[name]
    assert tokenizer.prefix_space == {"prepend": "always"}.get(style, style)
    whole = Tokenizer.from_file(str(folder / "tokenizer.json"))
    text = "".join(segment.text for segment in template.render(TALK))
    ids, mask = encode_chat(tokenizer, template, TALK)
    assert ids == whole.encode(text, add_special_tokens=False).ids
    asked, _ = encode_chat(tokenizer, template, TALK[:3], add_generation_prompt=True)
    assert ids[: len(asked)] == asked
    assert mask[len(asked)]
