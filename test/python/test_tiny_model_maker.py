"""The embedded tiny model: what ships is what the maker makes, and the maker is reproducible."""

import hashlib
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from tiny_model.batches import BOS_ID, render, rows
from tiny_model.corpus import newest_versions, parse_law, read_laws, tree_sha256
from tiny_model.evaluation import answer_loss, statute_loss
from tiny_model.head_loss import head_loss
from tiny_model.layout import (
    STORED_DTYPE,
    pack_wqkv,
    read_as_llama,
    to_internlm2,
    to_llama,
    unpack_wqkv,
    write_weights,
)
from tiny_model.muon import orthogonalised
from tiny_model.pairs import MAX_ANSWER_CHARACTERS, Pair, make_pairs, statute_pairs
from tiny_model.tokenizer import IM_END_ID, VOCAB_SIZE, load_tokenizer
from tiny_model.training import Recipe, model_config, new_model

_REPOSITORY = Path(__file__).resolve().parents[2]
_MODEL = _REPOSITORY / "resources" / "tiny-model"
_GOLDEN = _REPOSITORY / "test" / "fixtures" / "tiny-model" / "golden-losses.json"
_MAKER = _REPOSITORY / "python-runtime" / "tools" / "make_tiny_model.py"
_SHARED = Path(os.environ.get("LEGAL_EAGLE_SHARED", _REPOSITORY.parent / "shared"))
_LAW = """# 中华人民共和国试验法

2001年2月3日 通过

2019年12月28日 修正

<!-- INFO END -->

## 第一章  总则

第一条 为了试验，制定本法。

## 第二章 试验的程序

第二条之一　试验不得伤害他人。

试验应当有记录。
"""


@pytest.fixture(scope="module")
def statutes() -> Path:
    folder = _SHARED / "data" / "statutes"
    if not folder.is_dir():
        message = f"the statutes are missing: {folder} (set LEGAL_EAGLE_SHARED)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="module")
def provenance() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((_MODEL / "provenance.json").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def shipped() -> LlamaForCausalLM:
    model = LlamaForCausalLM(model_config()).float()
    model.load_state_dict(read_as_llama(_MODEL, model_config()))
    return model.eval()


def test_first_20_steps_follow_the_golden_losses(statutes: Path, tmp_path: Path) -> None:
    """A change of texts, order, initial weights, schedule or arithmetic moves these losses."""
    out = tmp_path / "losses.json"
    command = [sys.executable, str(_MAKER), "--corpus", str(statutes)]
    command += ["--steps", "20", "--golden-out", str(out)]
    # Threads that sleep instead of spinning while other suites share the cores.
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    subprocess.run(command, check=True, encoding="utf-8", stdout=subprocess.PIPE, env=environment)
    made = json.loads(out.read_text(encoding="utf-8"))
    golden = json.loads(_GOLDEN.read_text(encoding="utf-8"))
    assert made["threads"] == golden["threads"] == 2
    assert len(golden["losses"]) == 20
    assert made["losses"] == pytest.approx(golden["losses"], rel=1e-3)


def test_provenance_names_the_shipped_bytes_and_recipe(provenance: dict[str, Any]) -> None:
    """Weights or tokenizer replaced by hand, or a recipe edited without training again."""
    for name, digest in provenance["sha256"].items():
        assert hashlib.sha256((_MODEL / name).read_bytes()).hexdigest() == digest, name
    assert provenance["recipe"] == Recipe().as_dict()
    assert provenance["steps"] == Recipe().total_steps


def test_provenance_names_the_corpus(statutes: Path, provenance: dict[str, Any]) -> None:
    """Published figures of another corpus."""
    assert tree_sha256(statutes) == provenance["corpus"]["treeSha256"]


def test_published_held_out_losses_are_the_shipped_weights(
    statutes: Path, provenance: dict[str, Any], shipped: LlamaForCausalLM
) -> None:
    """A loss measured on other weights, or wrong unpacking of wqkv (the loss would be far higher)."""
    torch.set_num_threads(2)
    tokenizer = load_tokenizer(_MODEL)
    held_out = [law for law in read_laws(statutes) if law.held_out]
    assert [law.name for law in held_out]
    published = provenance["heldOutLoss"]
    nats, bits = statute_loss(shipped, tokenizer, held_out, Recipe().long_row_tokens)
    assert nats == pytest.approx(published["statute_nats_per_token"], rel=1e-3)
    assert bits == pytest.approx(published["statute_bits_per_character"], rel=1e-3)
    pairs = statute_pairs(held_out, Recipe().seed)
    assert len(pairs) == published["answer_pairs"]
    answers = answer_loss(shipped, tokenizer, pairs)
    assert answers == pytest.approx(published["answer_nats_per_token"], rel=1e-3)


def test_model_card_states_the_measured_losses(provenance: dict[str, Any]) -> None:
    """A card left behind by a new training."""
    card = (_MODEL / "README.md").read_text(encoding="utf-8")
    for name in ("statute_nats_per_token", "statute_bits_per_character", "answer_nats_per_token"):
        assert f"{provenance['heldOutLoss'][name]:.2f}" in card, name


def test_folder_has_internlm2_names_and_shapes_and_nothing_executable() -> None:
    """A split layout, a missing tensor, a wrong count of groups, code or pickles in the folder."""
    config = json.loads((_MODEL / "config.json").read_text(encoding="utf-8"))
    assert config["model_type"] == "internlm2"
    assert config["architectures"] == ["InternLM2ForCausalLM"]
    assert "auto_map" not in config
    hidden, heads, groups = (
        config[key] for key in ("hidden_size", "num_attention_heads", "num_key_value_heads")
    )
    head_dim = hidden // heads
    ffn, vocab = config["intermediate_size"], config["vocab_size"]
    expected = {
        "model.tok_embeddings.weight": [vocab, hidden],
        "model.norm.weight": [hidden],
        "output.weight": [vocab, hidden],
    }
    for layer in range(config["num_hidden_layers"]):
        expected |= {
            f"model.layers.{layer}.{name}.weight": shape
            for name, shape in (
                ("attention.wqkv", [(heads + 2 * groups) * head_dim, hidden]),
                ("attention.wo", [hidden, hidden]),
                ("feed_forward.w1", [ffn, hidden]),
                ("feed_forward.w3", [ffn, hidden]),
                ("feed_forward.w2", [hidden, ffn]),
                ("attention_norm", [hidden]),
                ("ffn_norm", [hidden]),
            )
        }
    weights = _MODEL / "model.safetensors"
    with safe_open(weights, framework="pt") as file:
        shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
    assert shapes == expected
    count = sum(torch.Size(shape).numel() for shape in shapes.values())
    assert 4_000_000 <= count <= 7_000_000
    assert weights.stat().st_size <= 14_000_000
    assert {path.suffix for path in _MODEL.iterdir()} <= {".json", ".safetensors", ".md"}


def test_wqkv_groups_hold_their_queries_then_key_then_value() -> None:
    """The [Q; K; V] packing that a known converter got wrong."""
    groups, queries, head_dim, hidden = 3, 4, 2, 5
    q = torch.arange(groups * queries * head_dim * hidden).float().reshape(-1, hidden)
    k = 1000 + torch.arange(groups * head_dim * hidden).float().reshape(-1, hidden)
    v = 2000 + torch.arange(groups * head_dim * hidden).float().reshape(-1, hidden)
    expected = []
    for group in range(groups):
        for head in range(group * queries, (group + 1) * queries):
            expected += [q[head * head_dim + row] for row in range(head_dim)]
        expected += [k[group * head_dim + row] for row in range(head_dim)]
        expected += [v[group * head_dim + row] for row in range(head_dim)]
    packed = pack_wqkv(q, k, v, groups, head_dim)
    assert torch.equal(packed, torch.stack(expected))
    for part, original in zip(unpack_wqkv(packed, groups, head_dim), (q, k, v), strict=True):
        assert torch.equal(part, original)


def test_whole_model_survives_the_layout_round_trip() -> None:
    """A renamed or forgotten tensor, gate and up swapped."""
    weights = new_model(seed=1).state_dict()
    back = to_llama(to_internlm2(weights, model_config()), model_config())
    assert back.keys() == weights.keys()
    assert all(torch.equal(back[name], weights[name]) for name in weights)
    packed = to_internlm2(weights, model_config())
    gate = weights["model.layers.1.mlp.gate_proj.weight"]
    assert torch.equal(packed["model.layers.1.feed_forward.w1.weight"], gate)


def test_written_weights_are_the_trained_ones_rounded_once(tmp_path: Path) -> None:
    """Rounding twice, another type on disk, a tensor written under the wrong layer."""
    weights = new_model(seed=2).state_dict()
    write_weights(weights, model_config(), tmp_path)
    read = read_as_llama(tmp_path, model_config())
    assert read.keys() == weights.keys()
    assert all(torch.equal(read[name], weights[name].to(STORED_DTYPE).float()) for name in weights)


@pytest.mark.parametrize(
    "text",
    ["老板拖欠工资，怎么办？", "a  b\n\n c", "①龘🙂é", " 前有空格", "第一千零四十条\n第二条"],
)
def test_tokenizer_gives_back_every_text(text: str) -> None:
    """A dummy prefix, lost spaces or line ends, characters without byte fallback."""
    tokenizer = load_tokenizer(_MODEL)
    ids = tokenizer.encode(text).ids
    assert ids[0] == BOS_ID
    assert tokenizer.decode(ids) == text


def test_tokenizer_ids_follow_internlm2() -> None:
    """Shifted bytes or control tokens inside ordinary ids."""
    tokenizer = load_tokenizer(_MODEL)
    assert [tokenizer.id_to_token(i) for i in (0, 1, 2, 3, 258)] == [
        "<unk>",
        "<s>",
        "</s>",
        "<0x00>",
        "<0xFF>",
    ]
    assert tokenizer.token_to_id("<|im_end|>") == IM_END_ID == VOCAB_SIZE - 2
    assert tokenizer.token_to_id("<|im_start|>") == VOCAB_SIZE - 1
    assert tokenizer.get_vocab_size() == VOCAB_SIZE
    generation = json.loads((_MODEL / "generation_config.json").read_text(encoding="utf-8"))
    assert generation["eos_token_id"] == [2, IM_END_ID]


def test_chat_template_renders_what_stage_2_trained() -> None:
    """A template that differs from training by a line end or a second <s>."""
    config = json.loads((_MODEL / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert config["tokenizer_class"] == "PreTrainedTokenizerFast"
    tokenizer = PreTrainedTokenizerFast.from_pretrained(_MODEL)
    messages = [
        {"role": "system", "content": "你是律师。"},
        {"role": "user", "content": "你好"},
    ]
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True)["input_ids"]
    prompt, _ = render(Pair("你是律师。", "你好", ""))
    assert ids == load_tokenizer(_MODEL).encode(prompt).ids


@pytest.mark.parametrize("question", ["《劳动合同法》第十条规定了什么？", "房东不退押金怎么办？", "你好"])
def test_greedy_answers_are_chinese_and_stop(shipped: LlamaForCausalLM, question: str) -> None:
    """A base that never stops, or answers in bytes and letters."""
    tokenizer = load_tokenizer(_MODEL)
    prompt, _ = render(Pair("", question, ""))
    ids = torch.tensor([tokenizer.encode(prompt).ids])
    stops = [2, IM_END_ID]
    out = shipped.generate(ids, max_new_tokens=200, do_sample=False, eos_token_id=stops, pad_token_id=2)
    answer = out[0, ids.shape[1] :].tolist()
    assert answer[-1] == IM_END_ID
    text = tokenizer.decode(answer)
    han = sum("一" <= character <= "鿿" for character in text)
    assert han >= 0.7 * len(text) > 0


def test_law_is_split_into_articles_with_their_paragraphs() -> None:
    """Lost second paragraphs, ideographic spaces, inserted articles, an old date taken for the newest."""
    law = parse_law("x/试验法.md", _LAW)
    assert law.name == "试验法"
    assert law.date == (2019, 12, 28)
    assert [article.number for article in law.articles] == ["第一条", "第二条之一"]
    assert law.articles[1].paragraphs == ("试验不得伤害他人。", "试验应当有记录。")
    assert law.articles[1].chapter == "试验的程序"
    assert law.text.startswith("《中华人民共和国试验法》\n第一章 总则\n第一条 为了")


def test_only_the_newest_version_of_a_law_gives_pairs() -> None:
    """Two different answers to one question about an article."""
    old = parse_law("a/试验法(2001).md", _LAW.replace("2019年", "2001年"))
    new = parse_law("a/试验法(2019).md", _LAW)
    assert newest_versions([old, new]) == [new]


def test_pairs_repeat_for_a_seed_and_cite_their_own_article() -> None:
    """Unseeded shuffling; an article's text under another number; answers too long to stop soon."""
    law = parse_law("x/试验法.md", _LAW)
    pairs = make_pairs([law], seed=3, rounds=4)
    assert pairs == make_pairs([law], seed=3, rounds=4)
    assert pairs != make_pairs([law], seed=4, rounds=4)
    from_law = [pair for pair in pairs if "试验法" in pair.question or "试验不得" in pair.answer]
    assert from_law
    for pair in from_law:
        assert len(pair.answer) <= MAX_ANSWER_CHARACTERS + 40
        if "第二条之一" in pair.question:
            assert "试验不得伤害他人。" in pair.answer


def test_rows_cover_the_stream_and_move_their_borders() -> None:
    """Rows lost between passes, or targets not shifted by one inside a row."""
    document = list(range(1000))
    source = rows([document], row_tokens=100, seed="a")
    first = [next(source) for _ in range(9)]
    starts = sorted(row[0] for row in first)
    assert all(row == list(range(row[0], row[0] + 101)) for row in first)
    assert [b - a for a, b in pairwise(starts)] == [100] * 8
    second = [next(source)[0] for _ in range(9)]
    assert {start % 100 for start in second} != {starts[0] % 100}


def test_chunked_head_loss_and_gradients_equal_the_plain_ones() -> None:
    """A lost last chunk, a mean over chunks instead of rows, the target's own slope forgotten."""
    generator = torch.Generator().manual_seed(5)
    hidden = torch.randn(600, 32, generator=generator, requires_grad=True)
    weight = torch.randn(90, 32, generator=generator, requires_grad=True)
    targets = torch.randint(0, 90, (600,), generator=generator)
    loss = head_loss(hidden, weight, targets)
    (2 * loss).backward()
    chunked = [hidden.grad, weight.grad]
    hidden.grad = weight.grad = None
    plain = torch.nn.functional.cross_entropy(hidden @ weight.T, targets)
    (2 * plain).backward()
    assert loss.item() == pytest.approx(plain.item(), rel=1e-3)
    for ours, reference in zip(chunked, [hidden.grad, weight.grad], strict=True):
        assert ours is not None
        assert reference is not None
        assert float((ours - reference).norm() / reference.norm()) < 1e-2


@pytest.mark.parametrize("shape", [(48, 32), (32, 48), (40, 40)])
def test_muon_update_has_singular_values_near_one(shape: tuple[int, int]) -> None:
    """A transposed result for tall matrices, wrong coefficients."""
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    update = orthogonalised(matrix)
    singular = torch.linalg.svdvals(update)
    assert update.shape == matrix.shape
    assert float(singular.min()) > 0.3
    assert float(singular.max()) < 1.4
    assert float((update * matrix).sum()) > 0
