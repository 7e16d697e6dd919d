"""Writes `requirements/<variant>-<system>.lock` from the `.in` files: exact versions, hashes, no addresses.

Run with the development environment's Python: `python python-runtime/tools/make_locks.py`. It asks the
index that pip is configured with; `--find-links DIR` adds a folder of wheels (where a CPU build of torch
lies). On Linux the index's own torch is a CUDA build, so the cpu and dev locks accept only the digests in
`torch-cpu-linux.json`; the digest of a CPU wheel found in `--find-links` is added to that file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"
PLATFORMS = {"linux": "x86_64-manylinux_2_28", "windows": "x86_64-pc-windows-msvc"}
LOCKS = (("cpu", "linux"), ("cpu", "windows"), ("dev", "linux"), ("dev", "windows"), ("pip", "any"))
OLDEST_PYTHON = "3.11"


def compile_lock(variant: str, system: str, find_links: Path | None) -> str:
    """The resolved lock text of one variant, as uv writes it."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--system-certs", "--generate-hashes"]
    command += ["--no-annotate", "--no-header", "--python-version", OLDEST_PYTHON]
    if system in PLATFORMS:
        command += ["--python-platform", PLATFORMS[system]]
    if find_links is not None:
        command += ["--find-links", str(find_links)]
    command.append(str(REQUIREMENTS / f"{variant}.in"))
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout


def accept_cpu_torch(lock: str, digests: list[str]) -> str:
    """Replaces torch's line by the pinned public version with the accepted CPU digests."""
    hashes = " \\\n".join(f"    --hash=sha256:{digest}" for digest in digests)
    replaced, count = re.subn(
        r"^torch==([0-9.]+)(\+cpu)? \\\n(?:    --hash=\S+(?: \\)?\n)+",
        lambda match: f"torch=={match[1]} \\\n{hashes}\n",
        lock,
        flags=re.MULTILINE,
    )
    if count != 1:
        raise SystemExit("torch does not stand exactly once in the resolved lock")
    return replaced


def known_cpu_digests(find_links: Path | None) -> list[str]:
    """Accepted SHA-256 digests of torch's Linux CPU wheels, old and newly found."""
    file = REQUIREMENTS / "torch-cpu-linux.json"
    known: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for wheel in sorted(find_links.glob("torch-*+cpu-*.whl")) if find_links else []:
        with wheel.open("rb") as stream:
            known[wheel.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    file.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return sorted(known.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--find-links", type=Path)
    find_links: Path | None = parser.parse_args().find_links
    digests = known_cpu_digests(find_links)
    for variant, system in LOCKS:
        lock = compile_lock(variant, system, find_links)
        if system == "linux":
            lock = accept_cpu_torch(lock, digests)
        if "://" in lock or "--index" in lock or "--find" in lock:
            raise SystemExit(f"{variant}-{system}: the lock carries an address")
        name = variant if system == "any" else f"{variant}-{system}"
        (REQUIREMENTS / f"{name}.lock").write_text(lock, encoding="utf-8", newline="\n")
        print(f"{name}.lock: {len(re.findall('^[a-z]', lock, re.MULTILINE))} packages")


if __name__ == "__main__":
    main()
