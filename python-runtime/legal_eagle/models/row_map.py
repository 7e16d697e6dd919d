"""Which rows of a checkpoint's tensors stand where in another layout.

Between InternLM2's fused layout and Llama's split one only whole rows move, so a written tensor is a list
of row ranges of stored ones: no arithmetic, in either direction, for weights and biases alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from legal_eagle.models.config import Layout, ModelConfig
from legal_eagle.models.layouts import expected_tensors, internlm2_to_llama_names


@dataclass(frozen=True, slots=True)
class RowRange:
    """`count` rows of the stored tensor `name` from row `first` on (an element is a row of a vector)."""

    name: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class MappedTensor:
    """A tensor of the written layout: its shape, and the stored rows it is made of, in order."""

    name: str
    shape: tuple[int, ...]
    rows: tuple[RowRange, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the stored tensors it takes rows from, each once."""
        return tuple(dict.fromkeys(part.name for part in self.rows))


def map_tensors(config: ModelConfig, target: Layout) -> dict[str, MappedTensor]:
    """Every tensor of the model `config` in layout `target`, by name, in the order of the stored ones."""
    stored = expected_tensors(config)
    if config.layout == target:
        mapped = [_renamed(name, name, shape) for name, shape in stored.items()]
    elif target == "llama":
        mapped = list(_split(config, stored))
    else:
        mapped = list(_fused(config, stored))
    return {tensor.name: tensor for tensor in mapped}


def _renamed(name: str, source: str, shape: tuple[int, ...]) -> MappedTensor:
    return MappedTensor(name, shape, (RowRange(source, 0, shape[0]),))


def _split(config: ModelConfig, stored: Mapping[str, tuple[int, ...]]) -> Iterator[MappedTensor]:
    names = internlm2_to_llama_names(config)
    width, group = config.head_dim, config.heads // config.kv_heads
    for stored_name, shape in stored.items():
        module, suffix = stored_name.rsplit(".", 1)
        targets = names[module]
        if len(targets) == 1:
            yield _renamed(f"{targets[0]}.{suffix}", stored_name, shape)
            continue
        # Each of the K groups holds the rows of g query heads, then of its key and of its value head.
        for target, (first, heads) in zip(targets, ((0, group), (group, 1), (group + 1, 1)), strict=True):
            rows = tuple(
                RowRange(stored_name, (index * (group + 2) + first) * width, heads * width)
                for index in range(config.kv_heads)
            )
            yield MappedTensor(f"{target}.{suffix}", (config.kv_heads * heads * width, *shape[1:]), rows)


def _fused(config: ModelConfig, stored: Mapping[str, tuple[int, ...]]) -> Iterator[MappedTensor]:
    width, group = config.head_dim, config.heads // config.kv_heads
    for target, sources in internlm2_to_llama_names(config).items():
        for suffix in ("weight", "bias"):
            shapes = [stored[f"{name}.{suffix}"] for name in sources if f"{name}.{suffix}" in stored]
            if not shapes:
                continue
            if len(sources) == 1:
                yield _renamed(f"{target}.{suffix}", f"{sources[0]}.{suffix}", shapes[0])
                continue
            parts = [(f"{name}.{suffix}", heads) for name, heads in zip(sources, (group, 1, 1), strict=True)]
            rows = tuple(
                RowRange(name, index * heads * width, heads * width)
                for index in range(config.kv_heads)
                for name, heads in parts
            )
            yield MappedTensor(
                f"{target}.{suffix}", (sum(shape[0] for shape in shapes), *shapes[0][1:]), rows
            )
