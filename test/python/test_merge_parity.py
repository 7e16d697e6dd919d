"""The parity check: right files pass, and every kind of wrong file fails."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from legal_eagle.engine.generate import generate
from legal_eagle.engine.model import build_model
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import read_config
from legal_eagle.models.layouts import model_names
from legal_eagle.models.sidecar_files import copy_sidecars
from legal_eagle.models.templates import template_by_name
from legal_eagle.models.tokenizer import ChatTokenizer
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.engine_adapter import put_adapter_on
from legal_eagle.release.layered_model import LayeredModel
from legal_eagle.release.logit_columns import columns_of, compare_logits
from legal_eagle.release.lora_adapter import Adapter
from legal_eagle.release.merge import OutputType, plan_merge, write_merged
from legal_eagle.release.parity import (
    GREEDY_TOKENS,
    RESIDENT_BYTES,
    ParityResult,
    Transcript,
    check_parity,
    greedy_agrees,
)
from legal_eagle.release.parity_prompts import MAX_TOKENS, ParityPrompt, parity_prompts
from merge_fixtures import write_adapter, write_base

pytestmark = pytest.mark.usefixtures("one_thread")

Tensors = dict[str, torch.Tensor]
WQKV = "model.layers.1.attention.wqkv.weight"
GATE, UP = (
    "model.layers.0.feed_forward.w1.weight",
    "model.layers.0.feed_forward.w3.weight",
)


def merge(folder: Path, output_type: OutputType) -> Path:
    base, out = folder / "base", folder / "out"
    out.mkdir()
    weights = SafetensorsFolder(base)
    plan = plan_merge(
        weights,
        read_config(base),
        Adapter(folder / "adapter"),
        output_type=output_type,
        max_shard_bytes=10**9,
    )
    write_merged(plan, out)
    copy_sidecars(
        base,
        out,
        output_is_fp32=output_type == "fp32",
        stop_ids=(2,),
        chat_template=None,
    )
    return out


def prompts_of(base: Path) -> tuple[ParityPrompt, ...]:
    tokenizer = ChatTokenizer.load(base)
    return parity_prompts(tokenizer, template_by_name("internlm2"), None, ["你好"], GREEDY_TOKENS, 256)


def check(folder: Path, *, rounded: bool, resident_bytes: int = RESIDENT_BYTES) -> ParityResult:
    return check_parity(
        folder / "base",
        folder / "adapter",
        folder / "out",
        rounded=rounded,
        prompts=prompts_of(folder / "base"),
        stop_ids=(2,),
        resident_bytes=resident_bytes,
    )


def swap(tensors: Tensors, _: Tensors) -> None:
    tensors[GATE], tensors[UP] = tensors[UP], tensors[GATE]


def negate_update(tensors: Tensors, base: Tensors) -> None:
    tensors[WQKV] = (2 * base[WQKV].float() - tensors[WQKV].float()).to(tensors[WQKV].dtype)


def half_scale(tensors: Tensors, base: Tensors) -> None:
    tensors[WQKV] = ((base[WQKV].float() + tensors[WQKV].float()) / 2).to(tensors[WQKV].dtype)


def forget_update(tensors: Tensors, base: Tensors) -> None:
    tensors[UP] = base[UP].to(tensors[UP].dtype)


def split_in_blocks(tensors: Tensors, _: Tensors) -> None:
    # The well-known wrong order of a fused wqkv: all of q, then k, then v.
    grouped = tensors[WQKV].reshape(2, 5, 8, -1)
    parts = (
        grouped[:, :3].flatten(0, 2),
        grouped[:, 3].flatten(0, 1),
        grouped[:, 4].flatten(0, 1),
    )
    tensors[WQKV] = torch.cat(parts).contiguous()


def one_wrong_row(tensors: Tensors, _: Tensors) -> None:
    tensors[WQKV][3] = 0


def not_a_number(tensors: Tensors, _: Tensors) -> None:
    tensors[WQKV][0, 0] = float("nan")


FAULTS = [
    swap,
    negate_update,
    half_scale,
    forget_update,
    split_in_blocks,
    one_wrong_row,
    not_a_number,
]
FORMATS: list[tuple[str, OutputType]] = [
    ("float32", "fp32"),
    ("bfloat16", "base"),
    ("float16", "base"),
]


@pytest.mark.parametrize(("dtype", "output_type"), FORMATS)
@pytest.mark.parametrize("layout", ["internlm2", "llama"])
@pytest.mark.parametrize("what", ["plain", "DoRA", "wholes"])
def test_a_right_merge_passes(
    tmp_path: Path, layout: str, what: str, dtype: str, output_type: OutputType
) -> None:
    """Would catch a check so strict that a good model is refused, or an error measured on other weights."""
    config = write_base(tmp_path / "base", layout=layout, dtype=dtype)
    names = model_names(layout)
    wholes = [names.embedding.rsplit(".", 1)[-1], names.head]
    settings = {"DoRA": {"use_dora": True}, "wholes": {"modules_to_save": wholes}}.get(what, {})
    write_adapter(tmp_path / "adapter", config, **settings)
    merge(tmp_path, output_type)
    result = check(tmp_path, rounded=output_type == "base")
    assert result.passed
    assert result.greedy_agrees
    if result.rounding_error is None:
        assert result.max_abs_logit_diff < 1e-4
    else:
        # The writer rounds once, so it errs as the reference does, not merely within twice of it.
        assert result.max_abs_logit_diff < 1.1 * result.rounding_error


@pytest.mark.parametrize(("dtype", "output_type"), FORMATS)
@pytest.mark.parametrize("fault", FAULTS)
def test_one_corrupt_tensor_fails(
    tmp_path: Path,
    fault: Callable[[Tensors, Tensors], None],
    dtype: str,
    output_type: OutputType,
) -> None:
    """Would catch a check that looks at sizes, at other files, or at nothing."""
    config = write_base(tmp_path / "base", dtype=dtype)
    write_adapter(tmp_path / "adapter", config)
    path = merge(tmp_path, output_type) / "model.safetensors"
    tensors = load_file(path)
    fault(tensors, load_file(tmp_path / "base" / "model.safetensors"))
    save_file({name: value.contiguous() for name, value in tensors.items()}, path)
    assert not check(tmp_path, rounded=output_type == "base").passed


@pytest.mark.parametrize("dora", [False, True])
@pytest.mark.parametrize("layout", ["internlm2", "llama"])
def test_layers_read_from_disk_give_the_same_numbers(tmp_path: Path, layout: str, dora: bool) -> None:
    """Would catch a 20B check that compares other weights than the check of a small model does, and row
    lengths taken before a layer is there."""
    config = write_base(tmp_path / "base", layout=layout, dtype="bfloat16")
    write_adapter(tmp_path / "adapter", config, use_dora=dora)
    merge(tmp_path, "base")
    documents = [(1, 20, 30, 40), (1, 50, 60)]
    for mode in ("plain", "adapter", "rounded"):
        both = [
            LayeredModel(tmp_path / "base", tmp_path / "adapter", resident=resident).logits(documents, mode)
            for resident in (True, False)
        ]
        assert torch.equal(*both)
    streamed = check(tmp_path, rounded=True, resident_bytes=0)
    assert streamed.passed
    assert streamed.tokens < check(tmp_path, rounded=True).tokens


def test_a_layered_pass_is_the_decoder_of_the_engine(tmp_path: Path) -> None:
    """Would catch a parity check that is right about a model of its own only."""
    config = write_base(tmp_path / "base", dtype="bfloat16")
    write_adapter(tmp_path / "adapter", config)
    documents = [tuple(range(1, 40)), tuple(range(60, 90))]
    layered = LayeredModel(tmp_path / "base", tmp_path / "adapter", resident=True)
    decoder = build_model(tmp_path / "base")
    put_adapter_on(decoder, tmp_path / "adapter")
    for mode in ("plain", "adapter"):
        enabled = nullcontext() if mode == "adapter" else decoder.adapter_disabled()
        with enabled:
            wanted = [
                decoder.logits(torch.tensor(ids), torch.arange(len(ids)), (0, len(ids))) for ids in documents
            ]
        torch.testing.assert_close(layered.logits(documents, mode), torch.cat(wanted), rtol=0, atol=5e-5)
    answers = layered.greedy(documents, "adapter", stop_ids=(), max_tokens=6, should_stop=lambda: False)
    for ids, answer in zip(documents, answers, strict=True):
        assert answer == list(generate(decoder, ids, max_new_tokens=6, stop_ids=()))


def test_rounding_twice_is_more_than_rounding_once(tmp_path: Path) -> None:
    """Would catch a bound so loose that a bf16 detour of an fp16 model passes."""
    config = write_base(tmp_path / "base", dtype="float16")
    write_adapter(tmp_path / "adapter", config)
    path = merge(tmp_path, "base") / "model.safetensors"
    twice = {name: value.to(torch.bfloat16).to(torch.float16) for name, value in load_file(path).items()}
    save_file(twice, path)
    assert not check(tmp_path, rounded=True).passed


@pytest.mark.parametrize("strange", ["patterns", "other layout", "some layers", "DoRA of the other layout"])
def test_adapters_that_the_engine_would_not_write_are_checked_too(tmp_path: Path, strange: str) -> None:
    """Would catch a merge whose reference drops a scale, a rank or the other layout's row order."""
    config = write_base(tmp_path / "base", layout="internlm2")
    first, second = "model.layers.0.attention.wqkv", "model.layers.2.feed_forward.w2"
    if strange == "patterns":
        write_adapter(
            tmp_path / "adapter",
            config,
            ranks={second: 2},
            rank_pattern={"layers.2.feed_forward.w2": 2},
            alpha_pattern={"wqkv": 3},
        )
    elif strange == "some layers":
        write_adapter(tmp_path / "adapter", config, modules=[first, second])
    else:
        dora = strange != "other layout"
        shapes = {
            "model.layers.1.self_attn.k_proj": (16, 48),
            "model.layers.1.mlp.up_proj": (64, 48),
        }
        if dora:
            shapes |= {
                "model.layers.1.self_attn.q_proj": (48, 48),
                "model.layers.1.self_attn.v_proj": (16, 48),
            }
        write_adapter(tmp_path / "adapter", config, shapes=shapes, use_dora=dora)
    merge(tmp_path, "fp32")
    assert check(tmp_path, rounded=False).passed


def test_dora_on_one_part_of_a_joined_tensor_is_refused(tmp_path: Path) -> None:
    """Would catch rows of q and v that are brought to a length that nobody trained."""
    config = write_base(tmp_path / "base", layout="internlm2")
    shapes = {"model.layers.1.self_attn.k_proj": (16, 48)}
    write_adapter(tmp_path / "adapter", config, shapes=shapes, use_dora=True)
    with pytest.raises(JobError) as caught:
        merge(tmp_path, "fp32")
    assert caught.value.code == "merge.adapter_unsupported"


def test_a_whole_module_that_is_left_out_fails(tmp_path: Path) -> None:
    """Would catch a merge that copies the base's head beside an adapter with a head of its own."""
    config = write_base(tmp_path / "base")
    write_adapter(tmp_path / "adapter", config, modules_to_save=["output"])
    path = merge(tmp_path, "fp32") / "model.safetensors"
    base = load_file(tmp_path / "base" / "model.safetensors")
    save_file(load_file(path) | {"output.weight": base["output.weight"]}, path)
    assert not check(tmp_path, rounded=False).passed


def test_the_reference_does_use_the_adapter(tmp_path: Path) -> None:
    """Would catch a reference that is the base alone: then an unmerged model would pass."""
    config = write_base(tmp_path / "base")
    write_adapter(tmp_path / "adapter", config)
    ids = torch.arange(40) + 5
    plain = build_model(tmp_path / "base").logits(ids, torch.arange(40), (0, 40))
    adapted_model = build_model(tmp_path / "base")
    put_adapter_on(adapted_model, tmp_path / "adapter")
    adapted = adapted_model.logits(ids, torch.arange(40), (0, 40))
    assert float((plain - adapted).abs().max()) > 0.1


def test_prompts_stay_within_their_budget(tmp_path: Path) -> None:
    """Would catch a parity check that needs gigabytes because the run's prompts are long."""
    write_base(tmp_path / "base")
    tokenizer = ChatTokenizer.load(tmp_path / "base")
    long = ["请问" * 5000, *("问题" * 40 + str(number) for number in range(20))]
    prompts = parity_prompts(tokenizer, template_by_name("internlm2"), "系统", long, GREEDY_TOKENS, 256)
    assert sum(len(prompt.ids) + GREEDY_TOKENS for prompt in prompts) <= MAX_TOKENS
    assert all(prompt.ids for prompt in prompts)


def test_greedy_comparison_ends_where_the_reference_hardly_decides() -> None:
    """Would catch a model refused for a tie, and one passed although a clear choice changed."""
    wanted = torch.tensor([[0.0, 9, 0], [5.0, 4.999, 0], [0.0, 0, 7]])
    transcripts = [Transcript((0, 1, 0, 2), 1)]
    tie_flipped = wanted.clone()
    tie_flipped[1] = torch.tensor([4.999, 5.0, 0])
    tie_flipped[2] = torch.tensor([9.0, 0, 0])

    def agrees(got: torch.Tensor, margin: float) -> bool:
        compared = compare_logits(columns_of(wanted), columns_of(got))
        return greedy_agrees(compared, transcripts, undecided_margin=margin)

    assert agrees(tie_flipped, 0.01)
    assert not agrees(tie_flipped, 0.0001)
    clear_flipped = wanted.clone()
    clear_flipped[0] = torch.tensor([9.0, 0, 0])
    assert not agrees(clear_flipped, 0.01)
