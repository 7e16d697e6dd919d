"""The compat engine against plain transformers + PEFT, and packed documents against themselves alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peft
import pytest
import torch
import transformers

from builders.compat_bases import write_base
from builders.peft_oracle import peft_gradients, randomise, summed_loss
from legal_eagle.compat.compat_engine import CompatEngine
from legal_eagle.compat.compat_model import CompatModel
from legal_eagle.compat.lora_layers import PREFIX
from legal_eagle.engine.batch import pack_documents
from legal_eagle.engine.engine_choice import choose_engine
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import build_model
from legal_eagle.engine.peft_format import load_adapter
from legal_eagle.jobs.errors import JobError

CPU = torch.device("cpu")
PACKED = ("gemma2", "gemma3", "phi3", "qwen3_moe", "mixtral")
PADDED = {"mamba": "linear_attention layers", "hybrid": "conv layers"}
LENGTHS = (17, 60, 3, 41, 50)
Document = tuple[list[int], list[bool]]


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("bases")
    return {kind: write_base(root / kind, kind) for kind in (*PACKED, *PADDED, "llama")}


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    generator = torch.Generator().manual_seed(3)
    return [
        (
            torch.randint(0, 300, (length,), generator=generator).tolist(),
            [i > length // 3 for i in range(length)],
        )
        for length in LENGTHS
    ]


def opened(folder: Path, lora: LoraConfig, reasons: list[str] | None = None, seed: int = 5) -> CompatModel:
    """The compat engine's model with an adapter that changes something."""
    engine = CompatEngine()
    facts = engine.read_facts(folder)
    assert facts is not None
    generator = torch.Generator().manual_seed(seed)
    heard: list[str] = [] if reasons is None else reasons
    model = engine.trainable(
        folder, facts, lora, generator, dtype=torch.float32, device=CPU, on_reason=heard.append
    )
    randomise(model.trained_parameters(), generator)
    return model


def backward(model: CompatModel, packs: list[list[Document]]) -> tuple[float, dict[str, torch.Tensor]]:
    """Loss and gradients of one optimizer step of these micro-batches."""
    answers = sum(sum(mask[1:]) for pack in packs for _, mask in pack)
    for _, parameter in model.trained_parameters():
        parameter.grad = None
    total = 0.0
    for pack in packs:
        loss = model.loss(pack_documents(pack), answers)
        loss.backward()
        total += loss.item()
    found = {name: one.grad for name, one in model.trained_parameters() if one.grad is not None}
    assert found.keys() == {name for name, _ in model.trained_parameters()}
    return total, found


def assert_close(actual: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor], limit: float) -> None:
    assert actual.keys() == wanted.keys()
    for name, reference in wanted.items():
        assert reference.norm() > 0, name
        error = float((actual[name] - reference).norm() / reference.norm())
        assert error < limit, f"{name}: {error}"


@pytest.mark.parametrize("kind", [*PACKED, *PADDED])
def test_a_pack_is_the_sum_of_its_documents(
    kind: str, bases: dict[str, Path], documents: list[Document]
) -> None:
    """Documents that see each other, positions that go on, a window or a cap that packing loses, a state that
    leaks, padding that counts."""
    reasons: list[str] = []
    model = opened(bases[kind], LoraConfig(rank=4, alpha=8), reasons)
    wanted_reason = PADDED.get(kind, "packing on")
    assert any(wanted_reason in reason for reason in reasons), reasons
    packed, packed_gradients = backward(model, [documents])
    alone, alone_gradients = backward(model, [[one] for one in documents])
    assert packed == pytest.approx(alone, abs=1e-5)
    assert_close(packed_gradients, alone_gradients, 1e-5)
    rows = model.computed_rows(pack_documents(documents))
    assert rows == sum(LENGTHS) if kind in PACKED else rows > sum(LENGTHS)


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize(
    "lora",
    [LoraConfig(rank=4, alpha=8), LoraConfig(rank=4, alpha=8, rs_lora=True, dora=True, targets="attention")],
    ids=["lora", "dora"],
)
def test_loss_and_gradients_are_those_of_transformers_and_peft(
    kind: str, lora: LoraConfig, bases: dict[str, Path], documents: list[Document], tmp_path: Path
) -> None:
    """Attention of our own that computes another model; an adapter file that means another adapter."""
    model = opened(bases[kind], lora)
    loss, found = backward(model, [documents])
    model.save_weights(tmp_path, str(bases[kind]))
    plain = transformers.AutoModelForCausalLM.from_pretrained(bases[kind], attn_implementation="eager")
    oracle: Any = peft.PeftModel.from_pretrained(plain, tmp_path, is_trainable=True).eval()
    logits = [oracle(input_ids=torch.tensor([ids]), use_cache=False).logits[0] for ids, _ in documents]
    wanted = summed_loss(logits, documents)
    wanted.backward()
    assert loss == pytest.approx(wanted.item(), abs=1e-5)
    assert_close(found, peft_gradients(oracle), 1e-4)
    with model.adapter_disabled(), torch.no_grad():
        base = model.loss(pack_documents(documents), 1).item()
    assert abs(base - loss) > 1e-3


@pytest.mark.parametrize("dora", [False, True])
def test_both_engines_begin_alike_and_agree(
    dora: bool, bases: dict[str, Path], documents: list[Document], tmp_path: Path
) -> None:
    """A setting that one engine means otherwise; an adapter that only one of them reads."""
    lora = LoraConfig(rank=4, alpha=8, dora=dora)
    fast = build_model(bases["llama"])
    fast.add_lora(lora, torch.Generator().manual_seed(5))
    starts = {name: one for name, one in fast.lora_parameters() if "lora_A" in name}
    model = opened(bases["llama"], lora)
    for name, parameter in model.trained_parameters():
        if "lora_A" in name:
            assert parameter.equal(starts[name.removeprefix(PREFIX)]), name
    model.save_weights(tmp_path, "base")
    load_adapter(fast, tmp_path)
    answers = sum(sum(mask[1:]) for _, mask in documents)
    wanted = fast.loss(pack_documents(documents), answers).item()
    assert backward(model, [documents])[0] == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("kind", ["gemma2", "mamba"])
def test_greedy_answers_are_those_of_reading_everything_again(kind: str, bases: dict[str, Path]) -> None:
    """A cache that forgets the window, or that is carried from a pack into an answer."""
    model = opened(bases[kind], LoraConfig(rank=4, alpha=8))
    prompt = list(range(20, 50))
    with torch.no_grad():
        model.loss(pack_documents([(prompt[:7], [True] * 7), (prompt[7:], [True] * 23)]), 1)
    answer = list(model.generate(prompt, max_new_tokens=6, stop_ids=()))
    for index in range(len(answer)):
        (token,) = model.generate([*prompt, *answer[:index]], max_new_tokens=1, stop_ids=())
        assert token == answer[index]


def test_dropout_is_drawn_from_the_runs_generator_alone(
    bases: dict[str, Path], documents: list[Document]
) -> None:
    """A resumed run that drops other inputs; an evaluation that drops or that moves the generator."""
    lora = LoraConfig(rank=4, alpha=8, dropout=0.3)
    one, other = opened(bases["gemma3"], lora), opened(bases["gemma3"], lora)
    first, first_gradients = backward(one, [documents])
    torch.manual_seed(99)
    again, again_gradients = backward(other, [documents])
    assert first == again
    assert all(first_gradients[name].equal(again_gradients[name]) for name in first_gradients)
    second, _ = backward(one, [documents])
    assert second != first
    with torch.no_grad():
        losses = {other.loss(pack_documents(documents), 100).item() for _ in range(2)}
    assert len(losses) == 1
    assert backward(other, [documents])[0] == second


def test_embeddings_and_head_train_as_wholes_only_where_they_are_two(
    bases: dict[str, Path], documents: list[Document], tmp_path: Path
) -> None:
    """A whole module without a gradient; a tied pair torn apart."""
    model = opened(bases["phi3"], LoraConfig(rank=4, alpha=8, whole=("embeddings", "head")))
    _, found = backward(model, [documents])
    assert {f"{PREFIX}model.embed_tokens.weight", f"{PREFIX}lm_head.weight"} <= found.keys()
    model.save_weights(tmp_path, "base")
    other = opened(bases["phi3"], LoraConfig(rank=4, alpha=8, whole=("embeddings", "head")), seed=6)
    other.load_weights(tmp_path)
    assert backward(other, [documents])[0] == backward(model, [documents])[0]
    with pytest.raises(JobError) as refused:
        opened(bases["gemma3"], LoraConfig(rank=4, alpha=8, whole=("head",)))
    assert refused.value.code == "model.lora_whole_tied"


@pytest.mark.parametrize(
    ("targets", "pattern", "count"),
    [
        ("attention", None, 6),
        ("mlp", None, 6),
        ("all", r"model\.layers\.[01]\..*", 8),
        (("qkv_proj",), None, 3),
    ],
)
def test_targets_choose_the_modules_of_any_naming(
    targets: Any, pattern: str | None, count: int, bases: dict[str, Path]
) -> None:
    """Fused projections that count as neither attention nor MLP; a pattern that is not applied."""
    model = opened(bases["phi3"], LoraConfig(rank=4, alpha=8, targets=targets, pattern=pattern))
    assert len(model.trained_parameters()) == 2 * count


def test_a_target_that_is_not_there_is_refused_with_those_that_are(bases: dict[str, Path]) -> None:
    """A run that silently trains nothing."""
    with pytest.raises(JobError) as refused:
        opened(bases["phi3"], LoraConfig(rank=4, alpha=8, targets=("q_proj",)))
    assert refused.value.code == "model.lora_target"
    assert "qkv_proj" in refused.value.params["available"]


def test_the_engine_follows_the_architecture_and_the_recipe(bases: dict[str, Path], tmp_path: Path) -> None:
    """A known family sent the slow way, an unknown one computed as something else."""
    assert choose_engine(bases["llama"]).engine == "fast"
    assert choose_engine(bases["llama"], "compat").reasons == ("engine compat: the recipe asks for it",)
    chosen = choose_engine(bases["gemma3"])
    assert chosen.engine == "compat"
    assert chosen.reasons == ("engine compat: the fast engine does not compute Gemma3ForCausalLM",)
    with pytest.raises(JobError) as refused:
        choose_engine(bases["gemma3"], "fast")
    assert refused.value.code == "model.unsupported_architecture"
    unknown = tmp_path / "unknown"
    unknown.mkdir()
    (unknown / "config.json").write_text('{"model_type": "nobody", "auto_map": {"AutoModel": "x.Y"}}')
    for file in bases["gemma3"].glob("*.safetensors"):
        (unknown / file.name).write_bytes(file.read_bytes())
    with pytest.raises(JobError) as refused:
        choose_engine(unknown)
    assert refused.value.code == "model.unsupported_architecture"


@pytest.mark.parametrize("kind", ["gemma2", "hybrid"])
def test_recomputed_layers_change_no_bit(
    kind: str, bases: dict[str, Path], documents: list[Document]
) -> None:
    """A layer that drops other inputs, or sees another pack, when it is computed again."""
    lora = LoraConfig(rank=4, alpha=8, dropout=0.3)
    kept, recomputed = opened(bases[kind], lora), opened(bases[kind], lora)
    assert recomputed.recompute_all()
    assert not recomputed.recompute_all()
    for _ in range(2):
        wanted, wanted_gradients = backward(kept, [documents[:2], documents[2:]])
        loss, found = backward(recomputed, [documents[:2], documents[2:]])
        assert loss == wanted
        assert all(found[name].equal(wanted_gradients[name]) for name in found)
        # An answer in between reads with a cache, which recomputed layers have not.
        answers = [list(one.generate([5, 6, 7], max_new_tokens=3, stop_ids=())) for one in (kept, recomputed)]
        assert answers[0] == answers[1]
