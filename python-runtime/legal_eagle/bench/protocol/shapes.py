"""The models of the protocol, by shape alone, and what a token costs in them.

The published shapes are written in Llama's layout, so that transformers' own class computes the same model
from the same tensors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from legal_eagle.models.config import ModelConfig, config_from_values
from legal_eagle.models.layouts import linear_shapes


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    # As in a config.json.
    values: Mapping[str, object]

    @property
    def config(self) -> ModelConfig:
        return config_from_values(self.values, {"model.layers.0.self_attn.q_proj.weight"})


def _llama(
    name: str, hidden: int, layers: int, heads: int, kv_heads: int, inner: int, vocabulary: int
) -> Shape:
    values = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "vocab_size": vocabulary,
        "max_position_embeddings": 32768,
        "rms_norm_eps": 1e-5,
        "rope_theta": 1_000_000.0,
        "tie_word_embeddings": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
    }
    return Shape(name, MappingProxyType(values))


INTERNLM2_7B = _llama("InternLM2-7B shape", 4096, 32, 32, 8, 14336, 92544)
INTERNLM2_20B = _llama("InternLM2-20B shape", 6144, 48, 48, 8, 16384, 92544)
# Four layers of the 7B: what 200 steps and a second precision are affordable on.
SHALLOW = _llama("four layers of the InternLM2-7B shape", 4096, 4, 32, 8, 14336, 92544)
DRY = _llama("dry-run shape", 64, 2, 4, 2, 160, 512)
DRY_LARGE = _llama("larger dry-run shape", 96, 3, 6, 2, 224, 512)


@dataclass(frozen=True, slots=True)
class TokenCost:
    """What decides the operations a token needs. `logits_share`: part of the rows that get logits.
    `attended`: E[length²] / E[length] of the documents attended over."""

    shape: Shape
    rank: int
    logits_share: float
    attended: float

    def useful_flop(self) -> float:
        """4·N_l + 4·h·a + 3.5·(2·L_e·d·layers) + 6·P_lora: no recompute, frozen weights."""
        return self._flop(4.0, 3.5, 6.0)

    def recomputed_flop(self) -> float:
        """6·N_l + 4·h·a + 4.5·(2·L_e·d·layers) + 8·P_lora: every layer computed twice."""
        return self._flop(6.0, 4.5, 8.0)

    def _flop(self, linear: float, attention: float, adapter: float) -> float:
        config = self.shape.config
        head = config.hidden_size * config.vocab_size
        width = config.heads * config.head_dim
        return (
            linear * linear_parameters(self.shape)
            + 4.0 * head * self.logits_share
            + attention * (2.0 * self.attended * width * config.layers)
            + adapter * lora_parameters(self.shape, self.rank)
        )


def linear_parameters(shape: Shape) -> int:
    """Weights of the linear layers inside the blocks."""
    config = shape.config
    return config.layers * sum(rows * columns for rows, columns in linear_shapes(config).values())


def lora_parameters(shape: Shape, rank: int) -> int:
    config = shape.config
    return config.layers * rank * sum(rows + columns for rows, columns in linear_shapes(config).values())
