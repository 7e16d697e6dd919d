"""Trains the tiny model's tokenizer in the form InternLM2's takes (design: byte-fallback BPE).

Ids: `<unk>` 0, `<s>` 1, `</s>` 2, the 256 bytes from 3, then characters and merges, and InternLM2's
six named control tokens last. No dummy prefix, no pre-tokenizer, spaces become "▁".
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.decoders import ByteFallback, Fuse
from tokenizers.decoders import Replace as ReplaceDecoder
from tokenizers.decoders import Sequence as DecoderSequence
from tokenizers.models import BPE
from tokenizers.normalizers import Replace as ReplaceNormalizer
from tokenizers.pre_tokenizers import Split
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import BpeTrainer

VOCAB_SIZE = 7168
CONTEXT_TOKENS = 1024
BASE_TOKENS = ("<unk>", "<s>", "</s>")
# The order of InternLM2's last six ids, <|im_start|> last.
NAMED_TOKENS = (
    "<|plugin|>",
    "<|interpreter|>",
    "<|action_end|>",
    "<|action_start|>",
    "<|im_end|>",
    "<|im_start|>",
)
EOS_ID = 2
IM_END_ID = VOCAB_SIZE - 2
CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
_SPACE = "▁"
# Merges end at punctuation, line ends and digits, so that pieces are words, not clause borders.
_WORD_BREAKS = Regex(r"[^\p{Han}A-Za-z]")
# Statutes repeat long phrases; longer pieces than this would starve their parts of training.
_MAX_PIECE_CHARACTERS = 4


def everyday_alphabet() -> list[str]:
    """Characters that are always pieces: printable ASCII, the line end, punctuation and the 3,755
    level-1 characters of GB 2312-80 (rows 16-55), which cover everyday Chinese."""
    ascii_printable = [chr(code) for code in range(0x21, 0x7F)]
    punctuation = list("，。、；：？！“”‘’（）《》〈〉【】—…·％￥〇")
    level_one = [
        bytes((row, column)).decode("gb2312")
        for row in range(0xB0, 0xD8)
        for column in range(0xA1, 0xFF)
        if not (row == 0xD7 and column > 0xF9)
    ]
    return ["\n", _SPACE, *ascii_printable, *punctuation, *level_one]


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Learns merges from `texts` and returns the finished tokenizer of VOCAB_SIZE ids."""
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    learner = Tokenizer(BPE(unk_token="<unk>"))
    learner.normalizer = ReplaceNormalizer(" ", _SPACE)
    learner.pre_tokenizer = Split(_WORD_BREAKS, "isolated")
    trainer = BpeTrainer(  # type: ignore[no-untyped-call]
        vocab_size=VOCAB_SIZE - len(NAMED_TOKENS),
        min_frequency=2,
        special_tokens=[*BASE_TOKENS, *byte_tokens],
        initial_alphabet=everyday_alphabet(),
        max_token_length=_MAX_PIECE_CHARACTERS,
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    learned = json.loads(learner.to_str())["model"]
    vocab: dict[str, int] = learned["vocab"]
    for name in NAMED_TOKENS:
        vocab[name] = len(vocab)
    if len(vocab) != VOCAB_SIZE:
        raise ValueError(f"corpus too small: {len(vocab)} pieces instead of {VOCAB_SIZE}")
    merges = [(left, right) for left, right in learned["merges"]]
    tokenizer = Tokenizer(
        BPE(vocab=vocab, merges=merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    )
    tokenizer.normalizer = ReplaceNormalizer(" ", _SPACE)
    tokenizer.decoder = DecoderSequence([ReplaceDecoder(_SPACE, " "), ByteFallback(), Fuse()])
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", vocab["<s>"])]
    )
    tokenizer.add_special_tokens(
        [AddedToken(name, special=True, normalized=False) for name in (*BASE_TOKENS, *NAMED_TOKENS)]
    )
    return tokenizer


def tokenizer_config() -> dict[str, Any]:
    """The content of tokenizer_config.json."""
    return {
        "add_bos_token": True,
        "add_eos_token": False,
        "additional_special_tokens": list(NAMED_TOKENS),
        "bos_token": "<s>",
        "chat_template": CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "eos_token": "</s>",
        "model_max_length": CONTEXT_TOKENS,
        "pad_token": "</s>",
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": "<unk>",
    }


def write_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Writes tokenizer.json and tokenizer_config.json."""
    (folder / "tokenizer.json").write_text(
        tokenizer.to_str(pretty=True) + "\n", encoding="utf-8", newline="\n"
    )
    config = json.dumps(tokenizer_config(), ensure_ascii=False, indent=2)
    (folder / "tokenizer_config.json").write_text(config + "\n", encoding="utf-8", newline="\n")


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer written by `write_tokenizer`."""
    return Tokenizer.from_str((folder / "tokenizer.json").read_text(encoding="utf-8"))
