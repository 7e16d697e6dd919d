"""Peak memory of a merge follows the shard size, not the model's."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest

from legal_eagle.models.layouts import expected_tensors
from merge_fixtures import write_adapter, write_base

SCRIPT = """
import sys
from pathlib import Path
import torch
from legal_eagle.models.config import read_config
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.lora_adapter import Adapter
from legal_eagle.release.merge import plan_merge, write_merged

def peak_kib():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])

def merge(folder, shard_bytes):
    base = SafetensorsFolder(folder / "base")
    adapter, config = Adapter(folder / "adapter"), read_config(folder / "base")
    plan = plan_merge(base, config, adapter, output_type="fp32", max_shard_bytes=shard_bytes)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = peak_kib()
    (folder / "out").mkdir()
    write_merged(plan, folder / "out")
    return (peak_kib() - before) * 1024, plan.peak_bytes, plan.output_bytes

torch.set_num_threads(1)
merge(Path(sys.argv[1]), 1 << 20)  # code and buffers that every merge needs once
print(*merge(Path(sys.argv[2]), int(sys.argv[3])))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's resettable peak")
def test_peak_memory_is_a_few_blocks_and_below_what_was_announced(tmp_path: Path) -> None:
    """Would catch a tensor map, a whole shard or a whole model held in memory."""
    write_adapter(tmp_path / "small" / "adapter", write_base(tmp_path / "small" / "base", dtype="bfloat16"))
    config = write_base(
        tmp_path / "large" / "base",
        dtype="bfloat16",
        files=2,
        hidden_size=768,
        intermediate_size=2048,
        num_attention_heads=12,
        num_key_value_heads=4,
        num_hidden_layers=12,
    )
    write_adapter(tmp_path / "large" / "adapter", config)
    shard_bytes = 16 << 20
    runtime = Path(__file__).resolve().parents[2] / "python-runtime"
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "small"), str(tmp_path / "large"), str(shard_bytes)],
        env={"PYTHONPATH": str(runtime)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    growth, announced, written = (int(word) for word in result.stdout.split())
    assert written > 15 * shard_bytes
    assert growth <= announced
    assert growth < 2 * shard_bytes


PARITY_SCRIPT = """
import sys
from pathlib import Path
import torch
from legal_eagle.models.config import read_config
from legal_eagle.release.lora_adapter import Adapter
from legal_eagle.release.parity import check_parity, parity_peak_bytes
from legal_eagle.release.parity_prompts import ParityPrompt

def peak_kib():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])

def check(folder):
    base, adapter = folder / "base", folder / "adapter"
    prompts = [ParityPrompt("", tuple(range(3 + n, 23 + n))) for n in range(20)]
    announced = parity_peak_bytes(read_config(base), Adapter(adapter), resident_bytes=0)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = peak_kib()
    # What is compared does not matter for what is held: the base itself takes the place of a merge.
    result = check_parity(
        base, adapter, base, rounded=True, prompts=prompts, stop_ids=(), resident_bytes=0
    )
    assert not result.passed
    return (peak_kib() - before) * 1024, announced

torch.set_num_threads(1)
check(Path(sys.argv[1]))  # code and buffers that every check needs once
print(*check(Path(sys.argv[2])))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's resettable peak")
def test_a_check_of_a_model_on_disk_holds_neither_layers_nor_tables(tmp_path: Path) -> None:
    """Would catch whole layers, tables or logits in memory, on a machine that a 20B does not fit into."""
    write_adapter(tmp_path / "small" / "adapter", write_base(tmp_path / "small" / "base", dtype="bfloat16"))
    config = write_base(
        tmp_path / "large" / "base",
        dtype="bfloat16",
        files=2,
        hidden_size=768,
        intermediate_size=4096,
        num_attention_heads=12,
        num_key_value_heads=4,
        num_hidden_layers=16,
    )
    write_adapter(tmp_path / "large" / "adapter", config)
    runtime = Path(__file__).resolve().parents[2] / "python-runtime"
    result = subprocess.run(
        [sys.executable, "-c", PARITY_SCRIPT, str(tmp_path / "small"), str(tmp_path / "large")],
        env={"PYTHONPATH": str(runtime)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    growth, announced = (int(word) for word in result.stdout.split())
    model = 4 * sum(math.prod(shape) for shape in expected_tensors(config).values())
    assert growth <= announced
    assert growth < model / 2, (growth, model)
