"""Peak memory of this process or of the GPU, for the step report."""

from __future__ import annotations

import sys

import torch


def peak_bytes(device: torch.device, platform: str = sys.platform) -> int:
    """Highest use so far: bytes allocated by torch on a GPU, resident bytes of the process on a CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return _windows_peak() if platform == "win32" else _posix_peak(platform)


def _posix_peak(platform: str) -> int:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kilobytes everywhere but on macOS (getrusage(2)).
    return peak if platform == "darwin" else peak * 1024


def _windows_peak() -> int:
    """PeakWorkingSetSize of GetProcessMemoryInfo (psapi.h)."""
    import ctypes

    class Counters(ctypes.Structure):
        _fields_ = (
            ("cb", ctypes.c_uint32),
            ("page_fault_count", ctypes.c_uint32),
            *(
                (name, ctypes.c_size_t)
                for name in (
                    "peak_working_set_size",
                    "working_set_size",
                    "quota_peak_paged_pool_usage",
                    "quota_paged_pool_usage",
                    "quota_peak_non_paged_pool_usage",
                    "quota_non_paged_pool_usage",
                    "pagefile_usage",
                    "peak_pagefile_usage",
                )
            ),
        )

    kernel32 = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    kernel32.GetCurrentProcess.restype = ctypes.c_void_p
    kernel32.K32GetProcessMemoryInfo.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)
    counters = Counters()
    counters.cb = ctypes.sizeof(Counters)
    kernel32.K32GetProcessMemoryInfo(
        kernel32.GetCurrentProcess(), ctypes.byref(counters), ctypes.sizeof(Counters)
    )
    return int(counters.peak_working_set_size)
