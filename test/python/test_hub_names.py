"""Names of strangers' listings, and which files a model is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_modelscope import FakeModelScope
from hub_fixtures import REPOSITORY, Download, content_of
from legal_eagle.hub.choose_files import MAX_FILES, ORIGIN_FILE, choose_files
from legal_eagle.hub.file_names import refuse_unsafe, unsafe_reason
from legal_eagle.hub.listing import RemoteFile
from legal_eagle.jobs.errors import JobError

HOSTILE = {
    "../../etc/cron.d/x.json": "outside",
    "a/../../b.json": "outside",
    "..": "outside",
    "/etc/passwd": "outside",
    "C:/Windows/x.json": "outside",
    "c:x.json": "outside",
    "\\\\server\\share\\x": "outside",
    "a\\..\\..\\x.json": "outside",
    "a\\b.json": "character",
    "": "empty-part",
    "a//b": "empty-part",
    "a/./b": "empty-part",
    "a/": "empty-part",
    "con": "reserved",
    "NUL.json": "reserved",
    "a/com1.safetensors/b": "reserved",
    "LPT².txt": "reserved",
    "ab:stream": "character",
    "what?.json": "character",
    "line\nbreak": "character",
    "nul\x00byte": "character",
    "config.json.": "trailing",
    "folder /x": "trailing",
    "x" * 241: "too-long",
    "/".join(["深" * 20] * 6): "too-long",
    "half\ud83d.json": "not-text",
}


@pytest.mark.parametrize(("path", "reason"), HOSTILE.items(), ids=[repr(path)[:40] for path in HOSTILE])
def test_a_hostile_name_is_refused_by_name(path: str, reason: str) -> None:
    assert unsafe_reason(path) == reason
    with pytest.raises(JobError, match=r"hub\.unsafe_name") as caught:
        refuse_unsafe([path], [path])
    assert caught.value.params["reason"] == reason


@pytest.mark.parametrize(
    "path", ["config.json", "说明/图 1.png", ".gitattributes", "a/b/c.tar.gz", "console.json"]
)
def test_an_ordinary_name_is_none(path: str) -> None:
    refuse_unsafe([path], [path])


@pytest.mark.parametrize(
    "pair",
    [
        ("Config.json", "config.json"),
        ("\u00e9.json", "e\u0301.json"),
        ("STRASSE.json", "stra\u00dfe.json"),
        ("a", "a/b"),
        ("A/b", "a"),
        ("A/x", "a/y"),
    ],
)
def test_names_that_are_one_file_somewhere(pair: tuple[str, str]) -> None:
    for order in (pair, pair[::-1]):
        with pytest.raises(JobError, match=r"hub\.name_collision"):
            refuse_unsafe(order, order)


@given(st.text(max_size=60))
def test_whatever_passes_stays_in_its_folder(path: str) -> None:
    if unsafe_reason(path) is None:
        root = Path("/models/one")
        # Without the disk: what a joined path comes to when its dots are taken.
        parts = (root / path).parts
        assert parts[:3] == root.parts
        assert ".." not in parts


def test_one_name_that_climbs_spoils_the_repository_even_if_it_is_not_taken(tmp_path: Path) -> None:
    with FakeModelScope() as hub:
        hub.add(REPOSITORY, {"model.safetensors": b"x", "../../outside.txt": b"y"})
        with pytest.raises(JobError, match=r"hub\.unsafe_name"):
            Download(hub, tmp_path).run()
        assert hub.file_questions() == []
    assert list(tmp_path.iterdir()) == []


def test_a_strange_name_that_is_not_taken_hurts_nobody(tmp_path: Path) -> None:
    with FakeModelScope() as hub:
        hub.add(REPOSITORY, {"model.safetensors": b"x", "assets/what?.png": b"y"})
        download = Download(hub, tmp_path)
        assert download.run() == "done"
    assert content_of(download.out) == {"model.safetensors": b"x"}


def files(*paths: str) -> list[RemoteFile]:
    return [RemoteFile(path, 10) for path in paths]


def chosen(paths: list[str], include: list[str] | None = None, *, pickle: bool = False) -> set[str]:
    return {file.path for file in choose_files(files(*paths), include, pickle_weights=pickle)}


def test_a_second_copy_of_the_weights_is_left_out() -> None:
    paths = ["config.json", "consolidated.safetensors", "model-1.safetensors", "onnx/model.safetensors"]
    assert chosen(paths) == {"config.json", "model-1.safetensors"}
    assert chosen(["consolidated.safetensors"]) == {"consolidated.safetensors"}


def test_pickle_weights_are_taken_only_when_asked_for_and_needed() -> None:
    paths = ["config.json", "pytorch_model.bin", "pytorch_model.bin.index.json", "training_args.bin"]
    with pytest.raises(JobError, match=r"hub\.pickle_only"):
        chosen(paths)
    assert chosen(paths, pickle=True) == set(paths) - {"training_args.bin"}
    assert chosen([*paths, "model.safetensors"], pickle=True) == {"config.json", "model.safetensors"}


def test_a_repository_without_weights_names_its_gguf_files() -> None:
    with pytest.raises(JobError, match=r"hub\.no_weights") as caught:
        chosen(["README.md", "model-q4_0.gguf"])
    assert caught.value.params["gguf"] == ["model-q4_0.gguf"]


def test_patterns_stay_in_their_folder_unless_they_say_otherwise() -> None:
    paths = ["a.gguf", "b/a.gguf", "b/c/a.gguf", "b/c/a.txt", "[x].gguf"]
    assert chosen(paths, ["*.gguf"]) == {"a.gguf", "[x].gguf"}
    assert chosen(paths, ["**/a.gguf"]) == {"a.gguf", "b/a.gguf", "b/c/a.gguf"}
    assert chosen(paths, ["b/**"]) == {"b/a.gguf", "b/c/a.gguf", "b/c/a.txt"}
    assert chosen(paths, ["[x].gguf"]) == {"[x].gguf"}
    with pytest.raises(JobError, match=r"hub\.nothing_matches"):
        chosen(paths, ["*.safetensors"])


def test_the_record_of_the_origin_is_never_a_strangers_file() -> None:
    assert chosen(["model.safetensors", ORIGIN_FILE]) == {"model.safetensors"}
    assert chosen(["model.safetensors", ORIGIN_FILE], ["*"]) == {"model.safetensors"}


def test_a_repository_of_many_models_is_not_fetched_by_accident() -> None:
    with pytest.raises(JobError, match=r"hub\.too_many_files"):
        chosen([f"{n}.safetensors" for n in range(MAX_FILES + 1)])
