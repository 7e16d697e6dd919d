"""Our side: the engine's own step on the same global batches."""

import time
from collections.abc import Sequence
from pathlib import Path

import torch

from legal_eagle.bench.workload import LEARNING_RATE, LORA, SAMPLES_PER_STEP, Sample
from legal_eagle.engine.batch import PackedBatch, pack_documents
from legal_eagle.engine.model import Decoder, build_model

# What the opponent's micro-batch holds: four documents of at most 512 tokens.
_MAX_TOKENS_PER_PACK = 2048
_MAX_GRADIENT_NORM = 1.0


def packs_of(samples: Sequence[Sample]) -> list[PackedBatch]:
    """One global batch in packs of at most `_MAX_TOKENS_PER_PACK` tokens, longest documents first."""
    bins: list[list[Sample]] = []
    rooms: list[int] = []
    for sample in sorted(samples, key=lambda item: -len(item.ids)):
        tokens = len(sample.ids)
        place = next((index for index, room in enumerate(rooms) if room >= tokens), None)
        if place is None:
            bins.append([])
            rooms.append(_MAX_TOKENS_PER_PACK)
            place = len(bins) - 1
        bins[place].append(sample)
        rooms[place] -= tokens
    return [pack_documents([(sample.ids, sample.mask) for sample in group]) for group in bins]


def load_decoder(model_folder: Path) -> Decoder:
    decoder = build_model(model_folder)
    decoder.add_lora(LORA, torch.Generator().manual_seed(0))
    return decoder


def train_seconds(model_folder: Path, samples: Sequence[Sample]) -> float:
    """Seconds of the training loop over all samples once, packing included."""
    return loop_seconds(load_decoder(model_folder), samples)


def loop_seconds(decoder: Decoder, samples: Sequence[Sample]) -> float:
    """`train_seconds` of a decoder that is there already."""
    parameters = [parameter for _, parameter in decoder.lora_parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=0.0)
    started = time.perf_counter()
    for begin in range(0, len(samples), SAMPLES_PER_STEP):
        packs = packs_of(samples[begin : begin + SAMPLES_PER_STEP])
        answer_tokens = sum(pack.answer_tokens for pack in packs)
        optimizer.zero_grad(set_to_none=True)
        for pack in packs:
            decoder.loss(pack, answer_tokens).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, _MAX_GRADIENT_NORM)
        optimizer.step()
    return time.perf_counter() - started


@torch.no_grad()
def first_loss(model_folder: Path, samples: Sequence[Sample]) -> float:
    """As the opponent's `first_loss`, on packs."""
    decoder = load_decoder(model_folder)
    packs = packs_of(samples)
    answer_tokens = sum(pack.answer_tokens for pack in packs)
    return sum(float(decoder.loss(pack, answer_tokens)) for pack in packs)
