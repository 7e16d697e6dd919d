"""How llama.cpp cuts text with a sentencepiece vocabulary, and scores that make it cut as a merge list does.

llama.cpp joins the two neighbours whose joined piece has the highest score, the leftmost of equals, for as
long as there are any (its `llm_tokenizer_spm`, after sentencepiece's own BPE).
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from itertools import pairwise


def scores_of_merges(vocab: Mapping[str, int], merges: Sequence[tuple[str, str]]) -> dict[str, float]:
    """A score for each piece that a merge makes: the earlier its first merge, the higher."""
    scores: dict[str, float] = {}
    for rank, (left, right) in enumerate(merges):
        scores.setdefault(left + right, -float(rank))
    return {piece: score for piece, score in scores.items() if piece in vocab}


def joins_alike(
    vocab: Mapping[str, int], merges: Sequence[tuple[str, str]], scores: Mapping[str, float]
) -> bool:
    """Whether joining by score is proven to be joining by merge list: every two pieces that make a third are
    a merge, and merges in their order never rise in score."""
    listed = set(merges)
    order = [scores.get(left + right) for left, right in merges]
    if any(score is None for score in order):
        return False
    known = [score for score in order if score is not None]
    if any(later > earlier for earlier, later in pairwise(known)):
        return False
    return all(
        (piece[:cut], piece[cut:]) in listed
        for piece in scores
        for cut in range(1, len(piece))
        if piece[:cut] in vocab and piece[cut:] in vocab
    )


def cut_by_scores(text: str, scores: Mapping[str, float]) -> list[str]:
    """Pieces of `text` as llama.cpp joins them; single characters that no piece holds stay single."""
    symbols: list[str] = list(text)
    following = list(range(1, len(symbols) + 1))
    previous = list(range(-1, len(symbols) - 1))
    queue: list[tuple[float, int, int, str]] = []

    def offer(left: int, right: int) -> None:
        if left < 0 or right >= len(symbols):
            return
        joined = symbols[left] + symbols[right]
        score = scores.get(joined)
        if score is not None:
            heapq.heappush(queue, (-score, left, right, joined))

    for index in range(len(symbols) - 1):
        offer(index, index + 1)
    while queue:
        _, left, right, joined = heapq.heappop(queue)
        # Stale where either has been joined to something since.
        if not symbols[left] or not symbols[right] or symbols[left] + symbols[right] != joined:
            continue
        symbols[left], symbols[right] = joined, ""
        following[left] = following[right]
        if following[right] < len(symbols):
            previous[following[right]] = left
        offer(previous[left], left)
        offer(left, following[left])
    return [symbol for symbol in symbols if symbol]
