"""Models and adapters for llama.cpp to load, exported by the real job, with what torch computes from them.

`python llama_reference.py OUT QWEN_TOKENIZER [TOKENIZERS]`: writes OUT/cases.json. TOKENIZERS is the folder
of both InternLM vocabularies; without it their cases are left out.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "python-runtime"), str(REPOSITORY / "test" / "python")]

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

from builders.checkpoints import random_tensors, tiny_config, tiny_values, write_folder  # noqa: E402
from legal_eagle.export import export_job  # noqa: E402
from legal_eagle.jobs.context import ControlCommand, JobContext  # noqa: E402
from legal_eagle.models.config import ModelConfig, read_config  # noqa: E402
from legal_eagle.models.layouts import linear_shapes, model_names  # noqa: E402
from legal_eagle.models.templates import detect_template, encode_chat  # noqa: E402
from legal_eagle.models.tokenizer import ChatTokenizer  # noqa: E402
from legal_eagle.release.layered_model import LayeredModel  # noqa: E402

# Makes a few tokens likely: with flat logits every probability is small, and any two are alike.
HEAD_SCALE = 6.0
QUESTIONS = (
    "公司拖欠工资三个月，劳动者可以怎么办？",
    "What is a contract?\n\n  1. offer 2. acceptance 12345",
)
TEXTS = (
    "请问离婚需要准备什么材料？",
    " leading and  double   spaces ",
    "tabs\tand\n\nlines\r\n  indented\n",
    "IT'S we'll they'd 3.14159 2026-11-23",
    "全角ＡＢＣ，标点……——“引号”《民法典》第一千零七十九条",
    "emoji 😀👩‍⚖️ κόσμος мир العالم ไทย",
    "def f(x):\n    return x ** 2  # 平方\n",
    "",
)


class Silent:
    """A reporter and an inbox for a job that nobody watches."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, object]]] = []

    def emit(self, type: str, data: Mapping[str, object], /) -> None:
        self.events.append((type, data))

    def poll(self) -> list[ControlCommand]:
        return []


def export(folder: Path, adapter: Path | None, format_: str, out: Path) -> str:
    """Runs the job; returns the GGUF's path."""
    silent = Silent()
    params = {
        "format": format_,
        "modelPath": str(folder),
        "adapterPath": None if adapter is None else str(adapter),
        "outPath": str(out),
        "name": folder.name,
        "template": "auto",
        "ollamaName": None,
        "archive": "folder",
        "baseRepository": None,
        "baseRevision": None,
    }
    assert export_job.run(JobContext({"params": params}, out.parent, silent, silent)) == "done"
    (path,) = out.glob("*.gguf")
    return str(path)


def add_adapter(folder: Path, config: ModelConfig, *, rank: int, rs_lora: bool, odd_ranks: bool) -> None:
    """A random PEFT adapter on every linear module of the layers, large enough to change answers."""
    generator = torch.Generator().manual_seed(5)
    names = model_names(config.layout)
    tensors, patterns = {}, {}
    for index in range(config.layers):
        for module, (outputs, inputs) in linear_shapes(config).items():
            own = rank + 2 if odd_ranks and module == names.layer.o else rank
            if own != rank:
                patterns[module] = own
            key = f"base_model.model.{names.layer_prefix}.{index}.{module}"
            tensors[f"{key}.lora_A.weight"] = torch.randn(own, inputs, generator=generator) * 0.1
            tensors[f"{key}.lora_B.weight"] = torch.randn(outputs, own, generator=generator) * 0.1
    folder.mkdir()
    save_file(tensors, folder / "adapter_model.safetensors")
    settings = {
        "peft_type": "LORA",
        "r": rank,
        "lora_alpha": 2 * rank,
        "use_rslora": rs_lora,
        "rank_pattern": patterns,
        "target_modules": sorted({name.rsplit(".", 1)[-1] for name in linear_shapes(config)}),
    }
    (folder / "adapter_config.json").write_text(json.dumps(settings), encoding="utf-8")


def make_model(
    folder: Path, layout: str, vocab: int, flags: Mapping[str, bool], **changes: Any
) -> ModelConfig:
    values = tiny_values(layout, vocab_size=vocab, **changes)
    config = tiny_config(values, **flags)
    tensors = random_tensors(config, seed=3)
    names = model_names(config.layout)
    head = names.embedding if config.tied_embeddings else names.head
    tensors[f"{head}.weight"] *= HEAD_SCALE
    for name in tensors:
        if name.endswith(".bias"):
            tensors[name] *= 3.0
    write_folder(folder, values, tensors)
    return read_config(folder)


def top_five(logits: torch.Tensor) -> list[list[float]]:
    probabilities, ids = torch.softmax(logits.double(), -1).topk(5)
    return [[int(id_), float(value)] for id_, value in zip(ids, probabilities, strict=True)]


def describe(
    folder: Path, adapter: Path | None, out: Path, formats: Sequence[str], texts: Sequence[str]
) -> Any:
    """The case as the test reads it: files, token ids of texts, the top five after each question."""
    tokenizer, template = ChatTokenizer.load(folder), detect_template(folder)
    prompts = [
        encode_chat(tokenizer, template, [{"role": "user", "content": text}], add_generation_prompt=True)[0]
        for text in QUESTIONS
    ]
    model = LayeredModel(folder, adapter, resident=True)
    answers: dict[str, list[Any]] = {}
    for mode in ("plain",) if adapter is None else ("plain", "adapter"):
        answers[mode] = [top_five(model.logits([ids], mode)[-1]) for ids in prompts]  # type: ignore[arg-type]
    stop = tokenizer.special_id(template.stop[0])
    return {
        "name": folder.name,
        "files": {one: export(folder, None, f"gguf-{one}", out / one) for one in formats},
        "lora": None if adapter is None else export(folder, adapter, "gguf-lora", out / "lora"),
        "texts": [{"text": text, "ids": tokenizer.encode(text)} for text in texts],
        "prompts": prompts,
        "answers": answers,
        "bos": None if template.bos is None else tokenizer.bos_id,
        "eos": stop,
        "context": read_config(folder).max_positions,
    }


def golden_texts(tokenizers: Path, name: str) -> list[str]:
    lines = (tokenizers / name / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    # Names of control tokens and of unused pieces are letters in a GGUF, as they are in the studio's chats.
    named = ("<|", "<eo", "UNUSED")
    return [text for text in texts if not any(name in text for name in named)]


def main(out: Path, qwen: Path, tokenizers: Path | None) -> None:
    torch.set_num_threads(1)
    cases = []

    def case(
        folder: Path, *, adapter: Path | None = None, formats: Sequence[str], texts: Sequence[str]
    ) -> None:
        place = out / f"{folder.name}-gguf"
        place.mkdir()
        cases.append(describe(folder, adapter, place, formats, texts))

    tiny = out / "tiny"
    shutil.copytree(REPOSITORY / "resources" / "tiny-model", tiny)
    add_adapter(out / "tiny-adapter", read_config(tiny), rank=4, rs_lora=True, odd_ranks=True)
    case(tiny, adapter=out / "tiny-adapter", formats=("f32", "f16", "q8_0", "q4_0"), texts=TEXTS)

    if tokenizers is not None:
        one = out / "internlm1"
        biased = {"qkv_bias": True, "o_bias": True}
        config = make_model(
            one,
            "llama",
            103168,
            biased,
            architectures=["InternLMForCausalLM"],
            model_type="internlm",
            num_key_value_heads=8,
            rotary={"base": 10000, "type": "dynamic"},
        )
        shutil.copy(tokenizers / "internlm1" / "tokenizer.model", one)
        add_adapter(out / "internlm1-adapter", config, rank=4, rs_lora=False, odd_ranks=False)
        texts = [*TEXTS, *golden_texts(tokenizers, "internlm1")]
        case(one, adapter=out / "internlm1-adapter", formats=("f32",), texts=texts)

        two = out / "internlm2"
        config = make_model(two, "internlm2", 92544, {}, rope_theta=1e6)
        shutil.copy(tokenizers / "internlm2" / "tokenizer.model", two)
        add_adapter(out / "internlm2-adapter", config, rank=4, rs_lora=False, odd_ranks=False)
        texts = [*TEXTS, *golden_texts(tokenizers, "internlm2")]
        case(two, adapter=out / "internlm2-adapter", formats=("f32", "f16"), texts=texts)

    def qwen_case(name: str, flags: Mapping[str, bool], **changes: Any) -> None:
        folder = out / name
        config = make_model(folder, "llama", 151936, flags, **changes)
        shutil.copy(qwen / "tokenizer.json", folder)
        settings = json.loads((qwen / "tokenizer_config.json").read_text(encoding="utf-8"))
        # Its template rewrites earlier answers, so it is not learned from; ChatML fits the vocabulary.
        settings.pop("chat_template")
        (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
        add_adapter(out / f"{name}-adapter", config, rank=4, rs_lora=False, odd_ranks=False)
        case(folder, adapter=out / f"{name}-adapter", formats=("f32",), texts=TEXTS)

    qwen_case("qwen2", {"qkv_bias": True}, architectures=["Qwen2ForCausalLM"], model_type="qwen2")
    qwen_case(
        "qwen3",
        {"qk_norm": True},
        architectures=["Qwen3ForCausalLM"],
        model_type="qwen3",
        head_dim=16,
        tie_word_embeddings=True,
    )
    llama3 = {"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 32}
    qwen_case("llama3-rope", {}, rope_scaling={**llama3, "low_freq_factor": 1.0, "high_freq_factor": 4.0})
    (out / "cases.json").write_text(json.dumps(cases), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
