"""Generation with a cache against whole forward passes, and its ends."""

from itertools import islice
from pathlib import Path

import pytest
import torch

from builders.checkpoints import tiny_folder
from legal_eagle.engine.generate import generate, next_logits, sample
from legal_eagle.engine.kv_cache import LayerCache
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import Decoder, build_model
from legal_eagle.jobs.errors import JobError

PROMPT = [1, 20, 30, 40, 50]


def with_adapter(folder: Path) -> Decoder:
    decoder = build_model(folder)
    generator = torch.Generator().manual_seed(5)
    decoder.add_lora(LoraConfig(4, 8), generator)
    with torch.no_grad():
        for _, parameter in decoder.lora_parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return decoder


def greedy_by_whole_passes(decoder: Decoder, prompt: list[int], count: int) -> list[int]:
    ids = list(prompt)
    for _ in range(count):
        logits = decoder.logits(torch.tensor(ids), torch.arange(len(ids)), (0, len(ids)))
        ids.append(int(logits[-1].argmax()))
    return ids[len(prompt) :]


@pytest.mark.parametrize("layout", ["internlm2", "llama"])
def test_cached_greedy_equals_whole_passes(layout: str, tmp_path: Path) -> None:
    """A cache that drops, repeats or rotates a key wrongly; with and without the adapter."""
    decoder = with_adapter(tiny_folder(tmp_path, layout))
    adapted = list(generate(decoder, PROMPT, max_new_tokens=40, stop_ids=()))
    assert adapted == greedy_by_whole_passes(decoder, PROMPT, 40)
    with decoder.adapter_disabled():
        base = list(generate(decoder, PROMPT, max_new_tokens=40, stop_ids=()))
        assert base == greedy_by_whole_passes(decoder, PROMPT, 40)
    assert base != adapted


def test_the_cache_grows_past_its_first_size(tmp_path: Path) -> None:
    decoder = with_adapter(tiny_folder(tmp_path, max_position_embeddings=600))
    prompt = torch.randint(3, 256, (250,), generator=torch.Generator().manual_seed(1)).tolist()
    answer = list(generate(decoder, prompt, max_new_tokens=20, stop_ids=()))
    assert answer == greedy_by_whole_passes(decoder, prompt, 20)


def test_generation_ends_by_stop_id_length_position_and_request(tmp_path: Path) -> None:
    decoder = with_adapter(tiny_folder(tmp_path, max_position_embeddings=32))
    free = list(generate(decoder, PROMPT, max_new_tokens=10, stop_ids=()))
    assert len(free) == 10
    stop = free[4]
    stopped = list(generate(decoder, PROMPT, max_new_tokens=10, stop_ids=(stop,)))
    assert stopped == free[: free.index(stop) + 1]
    assert len(list(generate(decoder, PROMPT, max_new_tokens=99, stop_ids=()))) == 32 - len(PROMPT)
    answers = iter([False, False, True])
    asked = generate(decoder, PROMPT, max_new_tokens=10, stop_ids=(), should_stop=lambda: next(answers))
    assert list(asked) == free[:2]


@pytest.mark.parametrize(("prompt", "code"), [([], "prompt_empty"), (list(range(3, 35)), "beyond_positions")])
def test_impossible_prompts_are_refused(prompt: list[int], code: str, tmp_path: Path) -> None:
    decoder = build_model(tiny_folder(tmp_path, max_position_embeddings=32))
    with pytest.raises(JobError) as caught:
        next(generate(decoder, prompt, max_new_tokens=5, stop_ids=()))
    assert caught.value.code == f"model.{code}"


def test_an_answer_keeps_its_adapter_while_another_turns_it_off(tmp_path: Path) -> None:
    """Base and tuned answers stream side by side from one decoder."""
    decoder = with_adapter(tiny_folder(tmp_path))
    expected = list(generate(decoder, PROMPT, max_new_tokens=8, stop_ids=()))
    stream = generate(decoder, PROMPT, max_new_tokens=8, stop_ids=())
    first = list(islice(stream, 3))
    with decoder.adapter_disabled():
        assert first + list(stream) == expected


def test_sampling_follows_the_distribution_and_its_seed() -> None:
    """top_p must keep the smallest set that reaches it, and never drop the likeliest token."""
    logits = torch.log(torch.tensor([0.5, 0.3, 0.15, 0.05]))

    def draws(temperature: float, top_p: float) -> list[int]:
        generator = torch.Generator().manual_seed(7)
        return [sample(logits, temperature=temperature, top_p=top_p, generator=generator) for _ in range(400)]

    assert set(draws(0.0, 1.0)) == {0}
    assert set(draws(1.0, 1e-6)) == {0}
    assert set(draws(1.0, 0.6)) == {0, 1}
    assert set(draws(1.0, 0.9)) == {0, 1, 2}
    everything = draws(1.0, 1.0)
    assert set(everything) == {0, 1, 2, 3}
    assert 0.42 < everything.count(0) / 400 < 0.58
    assert everything == draws(1.0, 1.0)
    assert draws(0.3, 1.0).count(0) > everything.count(0)


def test_a_prompt_read_in_pieces_gives_the_same_logits(tmp_path: Path) -> None:
    """Chat reads long prompts piecewise: a later piece must see the earlier ones and not its own future."""
    decoder = with_adapter(tiny_folder(tmp_path))
    ids = torch.randint(3, 256, (70,), generator=torch.Generator().manual_seed(2)).tolist()
    expected = decoder.logits(torch.tensor(ids), torch.arange(70), (0, 70))[-1]
    caches = [LayerCache() for _ in decoder.blocks]
    position = 0
    for piece in (ids[:30], ids[30:31], ids[31:69], ids[69:]):
        logits = next_logits(decoder, piece, position, caches, use_lora=True)
        position += len(piece)
    assert (logits - expected).abs().max() < 1e-4
