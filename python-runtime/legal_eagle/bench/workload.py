"""What both sides of the CPU benchmark train: one model, one adapter, the same global batches.

Protocol: a Llama shape of about 19M parameters, fp32, weights normal(0, 0.02); document lengths are
the legal mix, clip(lognormal(ln 313, 0.867), 32, 2048), and answers clip(lognormal(ln 90, 0.8), 8,
0.8 L), both divided by four; ids uniform.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

from legal_eagle.engine.lora import LoraConfig
from legal_eagle.models.config import config_from_values
from legal_eagle.models.layouts import expected_tensors

SAMPLES_PER_STEP = 16
MICRO_BATCH_SAMPLES = 4
LEARNING_RATE = 1e-4
LORA = LoraConfig(rank=8, alpha=16)
_LENGTH_DIVISOR = 4
_VOCABULARY = 16000
_CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_act": "silu",
    "hidden_size": 320,
    "intermediate_size": 896,
    "num_hidden_layers": 8,
    "num_attention_heads": 10,
    "num_key_value_heads": 2,
    "vocab_size": _VOCABULARY,
    "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 2,
    "torch_dtype": "float32",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """Token ids, the last `answer_tokens` of which are the answer."""

    ids: list[int]
    answer_tokens: int

    @property
    def mask(self) -> list[bool]:
        return [index >= len(self.ids) - self.answer_tokens for index in range(len(self.ids))]


def write_model(folder: Path) -> Path:
    """A random checkpoint of the benchmark's shape."""
    config = config_from_values(_CONFIG, {"model.layers.0.self_attn.q_proj.weight"})
    generator = torch.Generator().manual_seed(0)
    tensors = {
        name: torch.ones(shape) if "norm" in name else torch.randn(shape, generator=generator) * 0.02
        for name, shape in expected_tensors(config).items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(_CONFIG), encoding="utf-8")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def make_samples(steps: int) -> list[Sample]:
    """`steps` global batches, in order, the same every time."""
    generator = torch.Generator().manual_seed(1)
    samples = []
    for _ in range(steps * SAMPLES_PER_STEP):
        length_draw, answer_draw = torch.randn(2, generator=generator).tolist()
        length = min(2048.0, max(32.0, math.exp(math.log(313) + 0.867 * length_draw)))
        answer = min(0.8 * length, max(8.0, math.exp(math.log(90) + 0.8 * answer_draw)))
        tokens = round(length / _LENGTH_DIVISOR)
        ids = torch.randint(3, _VOCABULARY, (tokens,), generator=generator).tolist()
        samples.append(Sample(ids, max(1, round(answer / _LENGTH_DIVISOR))))
    return samples
