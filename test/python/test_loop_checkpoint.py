"""Checkpoints on a real disk: cut short, damaged, replaced, full."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from legal_eagle.engine.checkpoint import (
    DamagedCheckpointError,
    list_checkpoints,
    prune_checkpoints,
    read_checkpoint,
    verify_checkpoint,
    write_checkpoint,
)
from legal_eagle.engine.disk import is_disk_full


def two_files(content: bytes = b"weights" * 100) -> object:
    def write(folder: Path) -> None:
        (folder / "adapter_model.safetensors").write_bytes(content)
        (folder / "state.json").write_text("{}", encoding="utf-8")

    return write


def save(root: Path, step: int, content: bytes = b"weights" * 100) -> Path:
    return write_checkpoint(root, step, two_files(content)).path  # type: ignore[arg-type]


def test_a_written_checkpoint_is_whole_and_offered(tmp_path: Path) -> None:
    info = write_checkpoint(tmp_path, 50, two_files())  # type: ignore[arg-type]
    assert info.path == tmp_path / "step-00000050"
    assert info.bytes == 702
    assert list_checkpoints(tmp_path) == [info] == [verify_checkpoint(info.path)]
    assert [item.name for item in tmp_path.iterdir()] == ["step-00000050"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_a_write_cut_short_leaves_the_last_one_intact(tmp_path: Path, error: BaseException) -> None:
    # Bug caught: a half-written checkpoint under its final name, or the old one of the same step destroyed.
    before = write_checkpoint(tmp_path, 50, two_files())  # type: ignore[arg-type]

    def torn(folder: Path) -> None:
        (folder / "adapter_model.safetensors").write_bytes(b"half")
        raise error

    for step in (50, 60):
        with pytest.raises(type(error)):
            write_checkpoint(tmp_path, step, torn)
    assert list_checkpoints(tmp_path) == [before]
    verify_checkpoint(before.path)
    assert [item.name for item in tmp_path.iterdir()] == ["step-00000050"]


@pytest.mark.parametrize("damage", ["shorter", "missing", "no-manifest", "torn-manifest", "empty-manifest"])
def test_a_checkpoint_that_is_not_whole_is_never_offered(tmp_path: Path, damage: str) -> None:
    folder = save(tmp_path, 10)
    weights, manifest = folder / "adapter_model.safetensors", folder / "manifest.json"
    if damage == "shorter":
        weights.write_bytes(weights.read_bytes()[:-1])
    elif damage == "missing":
        weights.unlink()
    elif damage == "no-manifest":
        manifest.unlink()
    elif damage == "torn-manifest":
        manifest.write_bytes(manifest.read_bytes()[:40])
    else:
        manifest.write_text("[]", encoding="utf-8")
    assert read_checkpoint(folder) is None
    assert list_checkpoints(tmp_path) == []
    with pytest.raises(DamagedCheckpointError):
        verify_checkpoint(folder)


def test_a_flipped_bit_is_found_before_resuming(tmp_path: Path) -> None:
    # Bug caught: trusting the size alone; the run would go on from broken weights.
    folder = save(tmp_path, 10)
    path = folder / "adapter_model.safetensors"
    content = bytearray(path.read_bytes())
    content[7] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DamagedCheckpointError, match=r"adapter_model\.safetensors"):
        verify_checkpoint(folder)


def test_the_same_step_is_replaced(tmp_path: Path) -> None:
    # Bug caught: a rename over a folder, which fails on every system when a resumed run saves again.
    save(tmp_path, 10, b"old")
    folder = save(tmp_path, 10, b"new")
    assert (folder / "adapter_model.safetensors").read_bytes() == b"new"
    verify_checkpoint(folder)
    assert len(list(tmp_path.iterdir())) == 1


def test_pruning_keeps_the_newest_and_the_best(tmp_path: Path) -> None:
    # Bug caught: the best checkpoint removed by age; leftovers of killed runs kept for ever.
    for step in (10, 20, 30, 40):
        save(tmp_path, step)
    leftover = tmp_path / "step-00000050.tmp-77-abc"
    shutil.copytree(tmp_path / "step-00000040", leftover)
    removed = prune_checkpoints(tmp_path, keep_last=2, best_step=10)
    assert [info.step for info in removed] == [20]
    assert sorted(item.name for item in tmp_path.iterdir()) == [
        "step-00000010",
        "step-00000030",
        "step-00000040",
    ]


def test_pruning_leaves_what_a_person_saved(tmp_path: Path) -> None:
    # Bug caught: "save now" answers with a checkpoint that the next interval deletes.
    write_checkpoint(tmp_path, 10, two_files(), by_hand=True)  # type: ignore[arg-type]
    for step in (20, 30, 40):
        save(tmp_path, step)
    assert [info.step for info in prune_checkpoints(tmp_path, keep_last=2, best_step=None)] == [20]
    assert [(info.step, info.by_hand) for info in list_checkpoints(tmp_path)] == [
        (10, True),
        (30, False),
        (40, False),
    ]


def test_age_is_the_time_of_saving_and_not_the_step(tmp_path: Path) -> None:
    # Bug caught: after resuming from step 10, the new step 20 is pruned because 90 and 100 count as newer.
    for step in (90, 100, 20):
        save(tmp_path, step)
    assert [info.step for info in list_checkpoints(tmp_path)] == [90, 100, 20]
    prune_checkpoints(tmp_path, keep_last=1, best_step=None)
    assert [info.step for info in list_checkpoints(tmp_path)] == [20]


@pytest.mark.skipif(os.name == "nt", reason="RLIMIT_FSIZE is POSIX")
def test_a_disk_that_fills_up_is_recognised_from_every_writer(tmp_path: Path) -> None:
    # Bug caught: safetensors reports a full disk as its own error type, which would be shown as a crash.
    script = """
import resource, sys
from pathlib import Path
import torch
from safetensors.torch import save_file
from legal_eagle.engine.checkpoint import list_checkpoints, write_checkpoint
from legal_eagle.engine.disk import is_disk_full
root = Path(sys.argv[1])
write_checkpoint(root, 1, lambda folder: (folder / "state.json").write_bytes(b"{}") and None)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
writers = [
    lambda folder: save_file({"a": torch.ones(1_000_000)}, folder / "adapter_model.safetensors"),
    lambda folder: (folder / "state.json").write_bytes(b"x" * 1_000_000) and None,
]
for writer in writers:
    try:
        write_checkpoint(root, 2, writer)
    except Exception as error:
        assert is_disk_full(error), repr(error)
    else:
        raise SystemExit("no error")
assert [info.step for info in list_checkpoints(root)] == [1]
print("ok")
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", script, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout.strip() == "ok", done.stderr


def test_other_errors_are_not_called_a_full_disk() -> None:
    assert not is_disk_full(OSError(errno.EACCES, "Permission denied"))
    assert not is_disk_full(ValueError("os error 28"))
    error = RuntimeError("wrapped")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert is_disk_full(error)
