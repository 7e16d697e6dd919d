"""What `measure_peaks` measures: every mechanism that decides how much a training step holds."""

from __future__ import annotations

from dataclasses import dataclass

from legal_eagle.engine.quantisation import Quantization


@dataclass(frozen=True, slots=True)
class Configuration:
    """One training set-up. `lengths` are the documents of an optimizer step; the last `answer_share` of each
    is supervised."""

    name: str
    lengths: tuple[int, ...]
    layout: str = "internlm2"
    layers: int = 4
    hidden: int = 256
    heads: int = 8
    kv_heads: int = 2
    head_dim: int = 32
    intermediate: int = 640
    vocabulary: int = 4000
    qkv_bias: bool = False
    o_bias: bool = False
    qk_norm: bool = False
    tied: bool = False
    precision: str = "fp32"
    stored: str = "fp32"
    rank: int = 8
    dropout: float = 0.0
    targets: str | tuple[str, ...] = "all"
    pattern: str | None = None
    dora: bool = False
    whole: tuple[str, ...] = ()
    answer_share: float = 0.4
    max_tokens_per_micro_batch: int = 2048
    quantization: Quantization = "none"
    # Layers that are computed again, from the first.
    recomputed: int = 0
    window: int | None = None


CONFIGURATIONS: tuple[Configuration, ...] = (
    Configuration("short documents", (210, 160, 96, 330, 48, 71, 120, 505)),
    Configuration("one long document", (1500,), layers=3),
    Configuration("long and short documents", (1100, 64, 200, 333), layout="llama", heads=8, kv_heads=4),
    Configuration("bf16 base", (300, 512, 40, 700), precision="bf16", stored="bf16", layers=5),
    Configuration("dropout on split projections", (256, 256, 180, 90), layout="llama", dropout=0.1),
    Configuration(
        "dropout on a bf16 base", (400, 600, 77), precision="bf16", stored="bf16", dropout=0.05, rank=16
    ),
    Configuration("large vocabulary", (120, 200, 64), vocabulary=48_000, hidden=192, head_dim=24, layers=2),
    Configuration(
        "answers everywhere", (240, 410, 300, 128), answer_share=1.0, layers=3, hidden=320, head_dim=40
    ),
    Configuration("deep, few answers", (350, 350, 350), layers=14, answer_share=0.03, intermediate=512),
    Configuration(
        "rank 256 on the attention", (80, 40, 60), layout="llama", rank=256, targets="attention", layers=6
    ),
    Configuration(
        "tied, q and k norms, biases",
        (500, 200, 220, 30),
        layout="llama",
        tied=True,
        qk_norm=True,
        qkv_bias=True,
        o_bias=True,
        heads=6,
        kv_heads=6,
        head_dim=64,
        targets="mlp",
    ),
    Configuration(
        "several micro-batches",
        (512, 480, 333, 250, 128, 700, 96, 64, 410, 222),
        max_tokens_per_micro_batch=900,
        stored="bf16",
        intermediate=1024,
        targets=("wqkv", "w2"),
    ),
    Configuration("wide heads, one key head", (640, 300), heads=16, kv_heads=1, head_dim=48, hidden=384),
    Configuration(
        "one layer, few answers",
        (958, 604, 211, 77),
        layers=1,
        hidden=512,
        heads=2,
        kv_heads=1,
        intermediate=344,
        vocabulary=500,
        precision="bf16",
        targets="attention",
        answer_share=0.02,
    ),
    Configuration(
        "two layers, dropout on the MLP",
        (600, 424, 378, 254, 250, 76, 59),
        layers=2,
        hidden=512,
        intermediate=1376,
        dropout=0.1,
        targets="mlp",
        answer_share=0.7,
    ),
    Configuration("embeddings and head as wholes", (300, 512, 96), whole=("embeddings", "head")),
    Configuration(
        "the head as a whole on a bf16 base",
        (300, 512, 96, 200),
        precision="bf16",
        stored="bf16",
        whole=("head",),
        answer_share=0.8,
    ),
    Configuration("DoRA", (500, 420, 96, 333), dora=True),
    Configuration(
        "DoRA with dropout on a bf16 base",
        (640, 128, 300),
        layout="llama",
        precision="bf16",
        stored="bf16",
        dropout=0.05,
        dora=True,
        answer_share=0.8,
        intermediate=1024,
    ),
    Configuration(
        "an expression over the upper layers",
        (410, 250, 96, 700),
        layers=8,
        rank=64,
        dropout=0.1,
        pattern=r"model\.layers\.[4-7]\..*(wqkv|w2)",
    ),
    Configuration(
        "NF4 on a bf16 base",
        (300, 512, 96, 200),
        precision="bf16",
        stored="bf16",
        layers=6,
        hidden=512,
        intermediate=1408,
        head_dim=64,
        quantization="nf4",
    ),
    Configuration("NF4 with DoRA", (500, 420, 96), dora=True, layout="llama", quantization="nf4"),
    Configuration("INT8", (210, 160, 96, 330, 505), layers=6, hidden=512, head_dim=64, quantization="int8"),
    Configuration(
        "INT8 on a bf16 base, large layers",
        (640, 300),
        precision="bf16",
        stored="bf16",
        layers=5,
        hidden=768,
        head_dim=96,
        intermediate=2048,
        vocabulary=2000,
        quantization="int8",
    ),
    Configuration("FP8 by widening", (500, 333), hidden=512, head_dim=64, quantization="fp8"),
    Configuration("every layer recomputed", (512, 300, 140, 77), layers=8, recomputed=8),
    Configuration(
        "every layer recomputed, bf16 with dropout",
        (700, 64, 200),
        precision="bf16",
        stored="bf16",
        layers=6,
        dropout=0.1,
        recomputed=6,
    ),
    Configuration("the lower layers recomputed", (410, 250, 96, 700), layers=8, recomputed=5),
    Configuration("a window beyond which documents reach", (900, 200, 130, 70), layout="llama", window=128),
    Configuration(
        "a window, recomputed, bf16",
        (900, 640, 300),
        layout="llama",
        window=256,
        layers=6,
        precision="bf16",
        stored="bf16",
        recomputed=3,
    ),
    Configuration(
        "documents beyond the blocks",
        (1800, 900),
        layers=3,
        heads=16,
        head_dim=16,
        max_tokens_per_micro_batch=2700,
    ),
    Configuration(
        "q and k norms, bf16, DoRA, head",
        (600, 300),
        layout="llama",
        qk_norm=True,
        precision="bf16",
        stored="bf16",
        dora=True,
        whole=("head",),
    ),
)
