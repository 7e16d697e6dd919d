"""What the parity check asks: the run's own prompts first, then a few that fit every chat model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from legal_eagle.models.templates import Template, encode_chat
from legal_eagle.models.tokenizer import ChatTokenizer

BUILT_IN_PROMPTS = (
    "请问离婚需要准备什么材料？",
    "公司拖欠工资三个月，劳动者可以怎么办？",
    "用一句话介绍你自己。",
    "What is a contract?",
    "1 + 2 = ",
)
MAX_PROMPTS = 8
# Logits of every token are kept for comparison: 512 tokens of a 92,544-piece vocabulary are 190 MB.
MAX_TOKENS = 512


@dataclass(frozen=True)
class ParityPrompt:
    text: str
    ids: tuple[int, ...]


def parity_prompts(
    tokenizer: ChatTokenizer,
    template: Template,
    system_prompt: str | None,
    own_prompts: Sequence[str],
    answer_tokens: int,
    max_positions: int,
) -> tuple[ParityPrompt, ...]:
    """Rendered as in chat. A prompt too long for its share keeps its end, where the question is."""
    texts = list(dict.fromkeys((*own_prompts, *BUILT_IN_PROMPTS)))[:MAX_PROMPTS]
    share = max(1, min(MAX_TOKENS // len(texts), max_positions) - answer_tokens)
    prompts = []
    for text in texts:
        ids, _ = encode_chat(
            tokenizer,
            template,
            [{"role": "user", "content": text}],
            system=system_prompt,
            add_generation_prompt=True,
        )
        prompts.append(ParityPrompt(text, tuple(ids[-share:])))
    return tuple(prompts)
