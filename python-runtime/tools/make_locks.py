"""Writes `requirements/<variant>-<system>.lock` from the `.in` files: exact versions, hashes, no addresses.

Run with the development environment's Python: `python python-runtime/tools/make_locks.py`. It asks the
index that pip is configured with; `--find-links DIR` adds a folder of wheels (where a CPU build of torch
lies). Nothing is downloaded but metadata.

torch is the one package whose digests cannot all be read there:
- cpu and dev on Linux: the index's own torch is a CUDA build, so these locks accept only the digests in
  `torch-cpu-linux.json`; the digest of a CPU wheel found in `--find-links` is added to that file.
- cu130 on Linux: the index's own torch is that build; its digests stand in the lock.
- cu126, and every CUDA build for Windows: only PyTorch's own index carries them. The lock pins the version
  with its build (`torch==2.13.0+cu126`) and no digest; the installer takes the one that index publishes.
  Windows wheels hold the CUDA libraries themselves, so the other packages are those of the cpu variant.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"
PLATFORMS = {"linux": "x86_64-manylinux_2_28", "windows": "x86_64-pc-windows-msvc"}
OLDEST_PYTHON = "3.11"

_TORCH = re.compile(r"^torch==([0-9.]+)(?:\+\w+)? \\\n(?:    --hash=\S+(?: \\)?\n)+", re.MULTILINE)


@dataclass(frozen=True)
class Lock:
    """One lock file. `torch`: the index's own digests, the listed CPU ones, or none but the build's name."""

    variant: str
    system: str
    torch: Literal["index", "listed", "build"]
    source: str
    overrides: str | None = None

    @property
    def name(self) -> str:
        return self.variant if self.system == "any" else f"{self.variant}-{self.system}"


LOCKS = (
    Lock("cpu", "linux", "listed", "cpu.in", "cpu-linux-overrides.in"),
    Lock("cpu", "windows", "index", "cpu.in"),
    Lock("cu126", "linux", "build", "cu126-linux.in", "cu126-linux-overrides.in"),
    Lock("cu126", "windows", "build", "cpu.in"),
    Lock("cu130", "linux", "index", "cpu.in"),
    Lock("cu130", "windows", "build", "cpu.in"),
    Lock("dev", "linux", "listed", "dev.in", "cpu-linux-overrides.in"),
    Lock("dev", "windows", "index", "dev.in"),
    Lock("pip", "any", "index", "pip.in"),
)


def compile_lock(lock: Lock, find_links: Path | None, upgrade: bool) -> str:
    """The resolved lock text of one variant, as uv writes it: versions stay as locked but with `upgrade`."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--system-certs", "--generate-hashes"]
    command += ["--no-annotate", "--no-header", "--python-version", OLDEST_PYTHON]
    if lock.system in PLATFORMS:
        command += ["--python-platform", PLATFORMS[lock.system]]
    if find_links is not None and lock.torch == "listed":
        command += ["--find-links", str(find_links)]
    if lock.overrides is not None:
        command += ["--override", str(REQUIREMENTS / lock.overrides)]
    command.append(str(REQUIREMENTS / lock.source))
    old = REQUIREMENTS / f"{lock.name}.lock"
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / old.name
        if old.exists() and not upgrade:
            # The hashes of torch in it are the studio's own choice; the resolver is to see the index's.
            written.write_text(_TORCH.sub("", old.read_text(encoding="utf-8")), encoding="utf-8")
        command += ["--output-file", str(written)]
        subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
        return written.read_text(encoding="utf-8")


def pin_torch(text: str, lock: Lock, cpu_digests: list[str]) -> str:
    """Replaces torch's lines by the pinned version with what is known of the variant's own build."""
    if lock.torch == "index":
        return text
    if lock.torch == "build":
        replacement, hashes = rf"torch==\1+{lock.variant}", ""
    else:
        replacement = r"torch==\1 \\"
        hashes = " \\\n".join(f"    --hash=sha256:{digest}" for digest in cpu_digests) + "\n"
    replaced, count = _TORCH.subn(lambda match: match.expand(replacement) + "\n" + hashes, text)
    if count != 1:
        raise SystemExit(f"{lock.name}: torch does not stand exactly once in the resolved lock")
    return replaced


def check_lock(text: str, lock: Lock) -> None:
    """A lock names no address, and every package in it but a build of PyTorch's own index has a hash."""
    if "://" in text or "--index" in text or "--find" in text:
        raise SystemExit(f"{lock.name}: the lock carries an address")
    bare = [line for line in text.splitlines() if re.match(r"[a-z]", line) and not line.endswith("\\")]
    allowed = 1 if lock.torch == "build" else 0
    if len(bare) != allowed or any(not line.startswith("torch==") for line in bare):
        raise SystemExit(f"{lock.name}: packages without a hash: {', '.join(bare) or 'none, torch expected'}")
    foreign = {
        "cpu": r"nvidia-|cuda-",
        "dev": r"nvidia-|cuda-",
        "cu126": r"nvidia-\S+-cu13==|cuda-bindings==13",
    }
    if found := re.findall(rf"^(?:{foreign.get(lock.variant, '(?!)')}).*", text, re.MULTILINE):
        raise SystemExit(f"{lock.name}: holds packages of another variant: {', '.join(found)}")


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
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    parser.add_argument("--find-links", type=Path, metavar="DIR")
    parser.add_argument("--only", metavar="NAME", action="append", choices=[lock.name for lock in LOCKS])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions of all packages")
    arguments = parser.parse_args()
    digests = known_cpu_digests(arguments.find_links)
    for lock in LOCKS:
        if arguments.only and lock.name not in arguments.only:
            continue
        text = pin_torch(compile_lock(lock, arguments.find_links, arguments.upgrade), lock, digests)
        check_lock(text, lock)
        (REQUIREMENTS / f"{lock.name}.lock").write_text(text, encoding="utf-8", newline="\n")
        print(f"{lock.name}.lock: {len(re.findall('^[a-z]', text, re.MULTILINE))} packages")


if __name__ == "__main__":
    main()
