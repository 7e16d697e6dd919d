"""What a result was measured with: without it a figure means nothing."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime

import torch

from legal_eagle import __version__
from legal_eagle.bench.protocol import opponent_table


def describe(device: torch.device) -> dict[str, object]:
    """Versions, device and date, UTC."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "legalEagle": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "cuda": torch.version.cuda,
            **opponent_table.versions(),
        },
        "device": _device(device),
    }


def _device(device: torch.device) -> dict[str, object]:
    if device.type != "cuda":
        return {
            "kind": "cpu",
            "name": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "loadPerCore": _load_per_core(),
        }
    properties = torch.cuda.get_device_properties(device)
    return {
        "kind": "cuda",
        "name": properties.name,
        "bytes": properties.total_memory,
        "capability": f"{properties.major}.{properties.minor}",
        "multiprocessors": properties.multi_processor_count,
    }


def _load_per_core() -> float | None:
    """What else the machine was doing; None where the system does not tell."""
    if not hasattr(os, "getloadavg"):
        return None
    return round(os.getloadavg()[0] / (os.cpu_count() or 1), 2)
