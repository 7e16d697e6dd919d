"""Stage-2 pairs: short questions and answers made by script from articles and everyday topics."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .corpus import Article, Law
from .everyday_talk import (
    ANSWER_CLOSINGS,
    ANSWER_OPENINGS,
    CLOSINGS,
    MONEY,
    OPENINGS,
    PLACE,
    SMALL_TALK,
    SYSTEM_PROMPTS,
    WHEN,
    WHO,
)
from .everyday_topics import TOPICS, Topic
from .everyday_words import GLOSSARY, SENTENCES

MAX_ANSWER_CHARACTERS = 130
_MIN_ANSWER_CHARACTERS = 8
_SYSTEM_SHARE = 0.15
_NO_MARK_SHARE = 0.3
_ROLE_WEIGHT = 20
# Times each piece of small talk, word and plain sentence comes in a round of pairs.
_TALK_REPEATS = 4
_PLAIN_STATEMENT_SHARE = 0.2

_BY_NUMBER = (
    "《{law}》{number}规定了什么？",
    "{law}{number}是什么内容？",
    "请说一下《{law}》{number}。",
    "《{law}》的{number}怎么写的？",
    "{law}{number}讲的是什么？",
    "我想看《{law}》{number}的原文",
)
_BY_CHAPTER = (
    "关于{chapter}，《{law}》是怎么规定的？",
    "{law}里，{chapter}有什么规定？",
    "请介绍一下{chapter}。",
    "{chapter}方面要注意什么？",
    "想了解{chapter}，法律怎么说？",
)
_BY_PURPOSE = (
    "为什么要制定《{law}》？",
    "《{law}》的目的是什么？",
    "{law}是管什么的？",
    "国家定{law}是为了什么呀？",
)
_BY_TERM = ("什么是{term}？", "{term}是什么意思？", "{term}指的是什么？", "请解释一下{term}。")
_MAY = ("可以{act}吗？", "能不能{act}？", "{act}行不行？", "{act}，这样合法吗？")
_MUST = ("一定要{act}吗？", "需不需要{act}？", "必须{act}吗？", "不{act}行吗？")
_HAS_RIGHT = ("有权{act}吗？", "我能{act}吗？", "我可以要求{act}吗？", "想{act}，法律支持吗？")
_CITATIONS = (
    "根据《{law}》{number}，{text}",
    "《{law}》{number}规定：{text}",
    "{text}这是《{law}》{number}的规定。",
    "按照《{law}》的规定，{text}",
    "{text}",
)

_BY_WORD = (
    "{word}是什么意思？",
    "什么叫{word}？",
    "“{word}”怎么解释？",
    "我不懂{word}这个词。",
    "{word}是啥？",
)
_WORD_ANSWERS = (
    "{word}，{meaning}。",
    "{word}就是{meaning}。",
    "“{word}”的意思是：{meaning}。",
    "{meaning}。",
)
_CHAT_STARTS = ("随便说一句话", "我们聊聊天吧", "给我讲点生活里的事", "说个句子听听", "还有呢", "再说一句")

_TERM = re.compile(r"(?:本法|本条例|本编)?所称(?:的)?([^，。；：、“”（）]{2,12})，?是指")
_NOT_ALLOWED = re.compile(r"^([^，。；：、（）]{2,14})?不得([^，。；：（）]{3,16})[。，；]")
_REQUIRED = re.compile(r"^([^，。；：、（）]{2,14})?应当([^，。；：（）]{3,14})[。，；]")
_ENTITLED = re.compile(r"^([^，。；：、（）]{2,14})有权([^，。；：（）]{3,16})[。，；]")


@dataclass(frozen=True)
class Pair:
    """One exchange; `system` is empty in most."""

    system: str
    question: str
    answer: str


def make_pairs(laws: list[Law], seed: int, rounds: int) -> list[Pair]:
    """All pairs of `laws` in a shuffled, seed-determined order.

    Every article gives `rounds` phrasings; everyday talk is added in proportion, so a third of the
    pairs use plain words. `laws` should hold one version of each law.
    """
    rng = random.Random(f"pairs-{seed}")
    pairs = [pair for _ in range(rounds) for law in laws for pair in _law_pairs(law, rng)]
    by_topic = {topic: _topic_sentences(topic, laws) for topic in TOPICS}
    everyday_count = len(pairs) // 2
    pairs += [_everyday_pair(by_topic, rng) for _ in range(everyday_count)]
    for _ in range(_TALK_REPEATS * rounds):
        pairs += [Pair("", _ask(rng, question), answer) for question, answer in SMALL_TALK]
        pairs += [_word_pair(word, meaning, rng) for word, meaning in GLOSSARY]
        pairs += [Pair("", rng.choice(_CHAT_STARTS), sentence) for sentence in SENTENCES]
    rng.shuffle(pairs)
    return [pair if rng.random() > _SYSTEM_SHARE else _with_system(pair, rng) for pair in pairs]


def statute_pairs(laws: list[Law], seed: int) -> list[Pair]:
    """One phrasing of each article of `laws`, nothing else: for measuring on laws not trained on."""
    rng = random.Random(f"statute-pairs-{seed}")
    return [pair for law in laws for pair in _law_pairs(law, rng)]


def everyday_statements(laws: list[Law], seed: int, count: int) -> list[str]:
    """`count` plain (template-free) everyday paragraphs that are mixed into stage 1: a composed
    question with its answer, or plain sentences with the meaning of a word."""
    rng = random.Random(f"statements-{seed}")
    by_topic = {topic: _topic_sentences(topic, laws) for topic in TOPICS}
    statements = []
    for _ in range(count):
        if rng.random() < _PLAIN_STATEMENT_SHARE:
            word, meaning = rng.choice(GLOSSARY)
            first, second = rng.sample(SENTENCES, 2)
            statements.append(f"{first}{second}\n{word}：{meaning}。\n")
        else:
            pair = _everyday_pair(by_topic, rng)
            statements.append(f"{pair.question}\n{pair.answer}\n")
    return statements


def everyday_phrases() -> list[str]:
    """Every distinct everyday phrase once: the tokenizer learns words from these, because in the
    composed texts a phrase comes so often that whole phrases would become pieces."""
    talk = [text for pair in SMALL_TALK for text in pair]
    topics = [text for topic in TOPICS for text in (*topic.scenes, *topic.asks, *topic.advices)]
    frames = [*_BY_NUMBER, *_BY_CHAPTER, *_BY_PURPOSE, *_BY_TERM, *_MAY, *_MUST, *_HAS_RIGHT]
    around = [*OPENINGS, *CLOSINGS, *ANSWER_OPENINGS, *ANSWER_CLOSINGS, *SYSTEM_PROMPTS]
    slots = [*WHO, *WHEN, *MONEY, *PLACE]
    # Role names stand in every rendered chat: a few pieces each instead of a letter each.
    roles = ["user", "system", "assistant"] * _ROLE_WEIGHT
    phrases = (*roles, *talk, *topics, *frames, *around, *slots)
    return [re.sub(r"\{\w+\}", "\n", text) for text in phrases]


def _with_system(pair: Pair, rng: random.Random) -> Pair:
    return Pair(rng.choice(SYSTEM_PROMPTS), pair.question, pair.answer)


def _ask(rng: random.Random, question: str) -> str:
    """Puts an opening and a closing around a question; many people leave out the question mark."""
    opening, closing = rng.choice(OPENINGS), rng.choice(CLOSINGS)
    if closing and question[-1] not in "。？！":
        closing = f"，{closing}"
    elif not closing and rng.random() < _NO_MARK_SHARE:
        question = question.removesuffix("？")
    return f"{opening}{question}{closing}"


def _law_pairs(law: Law, rng: random.Random) -> Iterator[Pair]:
    for article in law.articles:
        answer = short_text(article)
        if answer is None:
            continue
        words = {"law": law.name, "number": article.number, "chapter": article.chapter}
        has_topic = article.chapter.replace(" ", "") not in ("", "总则", "附则")
        if article.number == "第一条":
            question = rng.choice(_BY_PURPOSE).format(**words)
        elif has_topic and rng.random() < 0.5:
            question = rng.choice(_BY_CHAPTER).format(**words)
            answer = _cite(rng, words, answer)
        else:
            question = rng.choice(_BY_NUMBER).format(**words)
        yield Pair("", _ask(rng, question), answer)
        sentence_pair = _sentence_pair(law, article, rng)
        if sentence_pair is not None:
            yield sentence_pair


def _sentence_pair(law: Law, article: Article, rng: random.Random) -> Pair | None:
    """A question answered by yes or no plus the sentence it came from, when one fits."""
    words = {"law": law.name, "number": article.number}
    for sentence in sentences("".join(article.paragraphs)):
        if not _MIN_ANSWER_CHARACTERS <= len(sentence) <= MAX_ANSWER_CHARACTERS - 30:
            continue
        if term := _TERM.search(sentence):
            question = rng.choice(_BY_TERM).format(term=term.group(1))
            return Pair("", _ask(rng, question), _cite(rng, words, sentence))
        for pattern, asks, verdicts in (
            (_NOT_ALLOWED, _MAY, ("不可以。", "不行。", "不能这样做。", "这样不合法。")),
            (_REQUIRED, _MUST, ("需要。", "是的，应当这样做。", "要的。", "必须。")),
            (_ENTITLED, _HAS_RIGHT, ("可以。", "有权。", "能。", "可以的。")),
        ):
            if found := pattern.match(sentence):
                question = (found.group(1) or "") + rng.choice(asks).format(act=found.group(2))
                verdict = rng.choice(verdicts)
                return Pair("", _ask(rng, question), verdict + _cite(rng, words, sentence))
    return None


def _everyday_pair(by_topic: dict[Topic, list[tuple[str, str, str]]], rng: random.Random) -> Pair:
    topic = rng.choice(TOPICS)
    scene = rng.choice(topic.scenes).format(
        who=rng.choice(WHO), when=rng.choice(WHEN), money=rng.choice(MONEY), place=rng.choice(PLACE)
    )
    kind = rng.random()
    if kind < 0.7:
        question = f"{scene}，{rng.choice(topic.asks)}？"
    elif kind < 0.85:
        question = f"{scene}。"
    else:
        question = f"{rng.choice(topic.asks)}？{scene}。"
    parts = rng.sample(topic.advices, rng.choice((1, 1, 2)))
    laws = by_topic[topic]
    if laws and rng.random() < 0.4:
        name, number, sentence = rng.choice(laws)
        cited = rng.choice(_CITATIONS[:2]).format(law=name, number=number, text=sentence)
        parts = [cited, parts[0]] if rng.random() < 0.5 else [parts[0], cited]
    answer = "".join((rng.choice(ANSWER_OPENINGS), *parts, rng.choice(ANSWER_CLOSINGS)))
    return Pair("", _ask(rng, question), answer)


def _word_pair(word: str, meaning: str, rng: random.Random) -> Pair:
    question = rng.choice(_BY_WORD).format(word=word)
    return Pair("", _ask(rng, question), rng.choice(_WORD_ANSWERS).format(word=word, meaning=meaning))


def _topic_sentences(topic: Topic, laws: list[Law]) -> list[tuple[str, str, str]]:
    """Short sentences (law, article number, sentence) of the topic's laws that use its keyword."""
    return [
        (law.name, article.number, first)
        for law in laws
        if law.name in topic.laws
        for article in law.articles
        for first in sentences(article.paragraphs[0])[:1]
        if topic.keyword in first and len(first) <= 70
    ]


def _cite(rng: random.Random, words: dict[str, str], text: str) -> str:
    return rng.choice(_CITATIONS).format(text=text, **words)


def sentences(text: str) -> list[str]:
    """Splits after 。 and keeps it; a tail without one is dropped (it is a list's opening)."""
    return re.findall(r"[^。]+。", text)


def short_text(article: Article) -> str | None:
    """The article, or its longest run of opening sentences, within MAX_ANSWER_CHARACTERS."""
    taken = ""
    for sentence in sentences("".join(article.paragraphs)):
        if "：" in sentence or "（一）" in sentence or len(taken + sentence) > MAX_ANSWER_CHARACTERS:
            break
        taken += sentence
    return taken if len(taken) >= _MIN_ANSWER_CHARACTERS else None
