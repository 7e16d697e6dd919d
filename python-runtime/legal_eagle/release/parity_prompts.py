"""What the parity check asks: the run's own prompts first, then some that fit every chat model."""

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
    "销售鳄鱼皮包违法吗？",
    "借条和欠条有什么区别？",
    "房东不退押金，租客怎么维权？",
    "把“今天天气很好”翻译成英文。",
    "写一首关于秋天的五言绝句。",
    "List three planets of the solar system.",
    "Explain the difference between theft and robbery.",
    "def fibonacci(n):",
    "水的化学式是什么？",
    "请用表格比较有限责任公司和股份有限公司。",
    "Summarise: the court dismissed the appeal and upheld the judgment.",
    "北京到上海有多远？",
    "一个数的三分之一是 12，这个数是多少？",
    "未成年人签的合同有效吗？",
    "Who wrote Hamlet?",
)
MAX_PROMPTS = 20
# 64 tokens each, of which 24 are the answer. Every token passes all layers several times.
MAX_TOKENS = 1280


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
