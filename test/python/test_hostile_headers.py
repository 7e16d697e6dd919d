"""Headers and indexes that two readers could understand differently, or that lie about their bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builders.checkpoints import tiny_folder
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import read_config
from legal_eagle.models.safetensors_header import read_header
from legal_eagle.models.strict_json import parse_json, whole_number


def write(path: Path, table: str, data_bytes: int, length: int | None = None) -> Path:
    body = table.encode("utf-8")
    path.write_bytes(
        (len(body) if length is None else length).to_bytes(8, "little") + body + bytes(data_bytes)
    )
    return path


def entry(begin: int, end: int, **changes: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": [(end - begin) // 4], "data_offsets": [begin, end], **changes}


@pytest.mark.parametrize(
    ("table", "data_bytes"),
    [
        (json.dumps({"a": entry(0, 8), "b": entry(4, 12)}), 12),
        (json.dumps({"a": entry(0, 8), "b": entry(0, 8)}), 8),
        (json.dumps({"a": entry(0, 8), "b": entry(12, 16)}), 16),
        (json.dumps({"a": entry(4, 8)}), 8),
        (json.dumps({"a": entry(0, 8)}), 12),
        (json.dumps({"a": entry(0, 8)})[:-1] + ', "a": ' + json.dumps(entry(0, 8)) + "}", 8),
        (json.dumps({"a": entry(0, 8, shape=["2"])}), 8),
        (json.dumps({"a": entry(0, 8, shape=[True, 2])}), 8),
        (json.dumps({"a": entry(0, 8, data_offsets=[0, 8, 9])}), 8),
        (json.dumps({"a": entry(0, 8, dtype=5)}), 8),
        (json.dumps({"a": entry(0, 8), "__metadata__": {"format": 5}}), 8),
        (" " + json.dumps({"a": entry(0, 8)}), 8),
        ("[]", 0),
        ("[" * 50_000, 0),
    ],
    ids=[
        "shared bytes", "the same bytes twice", "bytes of nobody", "a gap in front", "bytes after the last",
        "a name twice", "a size as text", "a size as truth", "three offsets", "a type as number",
        "metadata as number", "a space in front", "a list", "nesting",
    ],
)  # fmt: skip
def test_a_header_that_contradicts_itself_is_refused(tmp_path: Path, table: str, data_bytes: int) -> None:
    with pytest.raises(JobError) as caught:
        read_header(write(tmp_path / "x.safetensors", table, data_bytes))
    assert caught.value.code == "model.shard_broken"
    assert caught.value.params == {"file": "x.safetensors"}


@pytest.mark.parametrize("length", [0, 1, 2**40, 2**63, 2**64 - 1])
def test_an_absurd_length_allocates_nothing(tmp_path: Path, length: int) -> None:
    path = write(tmp_path / "x.safetensors", json.dumps({"a": entry(0, 8)}), 8, length)
    with pytest.raises(JobError):
        read_header(path)


def test_whole_files_pass(tmp_path: Path) -> None:
    """Also in another order than their bytes, with an empty tensor, and sizes spelled as floats."""
    table = {"b": entry(8, 12), "a": entry(0, 8), "none": entry(8, 8), "f": entry(12, 16, shape=[1.0])}
    infos = read_header(write(tmp_path / "x.safetensors", json.dumps(table), 16))
    assert {name: info.shape for name, info in infos.items()} == {
        "a": (2,),
        "b": (1,),
        "none": (0,),
        "f": (1,),
    }


@pytest.mark.parametrize(
    "text",
    ['{"a": 1, "a": 1}', '{"a": NaN}', "1e999", "9" * 400, '"\\ud800"', "[" * 65 + "]" * 65, "\ufeff1"],
)
def test_json_that_readers_take_differently_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_json(text.encode("utf-8"))


def test_numbers_mean_the_same_however_they_are_spelled() -> None:
    assert [whole_number(value) for value in (64, 64.0, 6.4e1, True, "64", 0.5, 2**53)] == [
        64,
        64,
        64,
        *[None] * 4,
    ]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"rope_theta": "1e6"}, "rope_theta"),
        ({"rope_theta": 0}, "rope_theta"),
        ({"num_hidden_layers": 10**9}, "num_hidden_layers"),
        ({"rms_norm_eps": -1}, "rms_norm_eps"),
        ({"hidden_size": 2**60}, "hidden_size"),
    ],
)
def test_a_configuration_that_lies_is_named(tmp_path: Path, change: dict[str, Any], key: str) -> None:
    """A base that is stated as text was silently read as 10000: another model."""
    with pytest.raises(JobError) as caught:
        read_config(_lying(tmp_path, change))
    assert (caught.value.code, caught.value.params["key"]) == ("model.config_invalid", key)


def _lying(folder: Path, change: dict[str, Any]) -> Path:
    tiny_folder(folder)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    return folder
