"""How much memory a run may still take, so that something is left for what cannot be foreseen."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

# Workspaces of the matrix library, fragmentation, other programs that grow.
_CUDA_RESERVE_SHARE = 0.04
_CUDA_RESERVE_BYTES = 512 << 20
_CPU_RESERVE_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class MemoryBudget:
    """`extra_bytes`: what may be allocated beside all that is held now. `device_bytes`: all there is."""

    extra_bytes: int
    device_bytes: int


def memory_budget(
    device: torch.device, environment: Mapping[str, str] = os.environ, root: Path = Path("/")
) -> MemoryBudget | None:
    """What a run on `device` may take now; None where the system does not tell. `root`: of /proc and /sys."""
    if device.type == "cuda":
        return _cuda_budget(device)
    found = _windows_available() if sys.platform == "win32" else _linux_available(root)
    if found is None:
        return None
    available, total = found
    # The ranks of a run on one machine share its memory.
    ranks = max(1, int(environment.get("LOCAL_WORLD_SIZE", "1") or "1"))
    return MemoryBudget(int(available * (1 - _CPU_RESERVE_SHARE)) // ranks, total)


def _cuda_budget(device: torch.device) -> MemoryBudget:
    free, total = torch.cuda.mem_get_info(device)
    # What torch's allocator has taken and does not use is free to us.
    cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    limit = total
    # A share set by `set_per_process_memory_fraction` (torch 2.9 and later tell it).
    share = getattr(torch.cuda, "get_per_process_memory_fraction", None)
    if share is not None:
        limit = int(total * share(device))
    reserve = max(_CUDA_RESERVE_BYTES, int(limit * _CUDA_RESERVE_SHARE))
    extra = min(free + cached, limit - torch.cuda.memory_allocated(device)) - reserve
    return MemoryBudget(max(0, extra), limit)


def _linux_available(root: Path) -> tuple[int, int] | None:
    """(available, total) bytes: the system's, or those of the tightest control group this process is in."""
    system = _meminfo(root)
    groups = [found for folder in _control_groups(root) if (found := _control_group(folder)) is not None]
    every = [*groups, *([] if system is None else [system])]
    return min(every, default=None)


def _meminfo(root: Path) -> tuple[int, int] | None:
    try:
        lines = (root / "proc" / "meminfo").read_text(encoding="ascii").splitlines()
        sizes = {name: int(rest.split()[0]) * 1024 for name, _, rest in (one.partition(":") for one in lines)}
        return sizes["MemAvailable"], sizes["MemTotal"]
    except (OSError, ValueError, KeyError, IndexError):
        return None


def _control_groups(root: Path) -> list[Path]:
    """The group of this process and those above it (cgroups(7)): version 2, and version 1's memory."""
    mount = root / "sys" / "fs" / "cgroup"
    try:
        lines = (root / "proc" / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    folders = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        top = mount if controllers == "" else mount / "memory"
        here = top / path.lstrip("/")
        folders += [here, *(one for one in here.parents if one.is_relative_to(top))]
    return folders


def _control_group(folder: Path) -> tuple[int, int] | None:
    for limit_file, used_file in (
        ("memory.max", "memory.current"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        try:
            limit = int((folder / limit_file).read_text(encoding="ascii"))
            used = int((folder / used_file).read_text(encoding="ascii"))
        except (OSError, ValueError):
            # No such file, or "max": no limit.
            continue
        return max(0, limit - max(0, used - _reclaimable(folder))), limit
    return None


def _reclaimable(folder: Path) -> int:
    """Pages of files that nobody has touched lately count as used, and are given back when asked for."""
    try:
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("inactive_file ")), 0)


def _windows_available() -> tuple[int, int] | None:
    """ullAvailPhys and ullTotalPhys of GlobalMemoryStatusEx (sysinfoapi.h)."""
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_uint32),
            ("load", ctypes.c_uint32),
            *(
                (name, ctypes.c_uint64)
                for name in (
                    "total_physical",
                    "available_physical",
                    "total_page_file",
                    "available_page_file",
                    "total_virtual",
                    "available_virtual",
                    "available_extended_virtual",
                )
            ),
        )

    status = Status()
    status.length = ctypes.sizeof(Status)
    kernel32 = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    if not kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.available_physical), int(status.total_physical)
