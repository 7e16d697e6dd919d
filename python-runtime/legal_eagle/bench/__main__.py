"""`python -m legal_eagle.bench <benchmark> …`: one command a benchmark, each in a module of its own."""

import argparse
import os
import sys

from legal_eagle.bench import (
    cpu_command,
    gates_command,
    h200_command,
    mechanisms_command,
    plan_command,
    profile_command,
)
from legal_eagle.bench.command import Command

_COMMANDS: tuple[Command, ...] = (
    cpu_command.COMMAND,
    plan_command.COMMAND,
    mechanisms_command.COMMAND,
    profile_command.COMMAND,
    gates_command.COMMAND,
    gates_command.GATE_COMMAND,
    h200_command.COMMAND,
    h200_command.VARIANT_COMMAND,
)


def main(arguments: list[str]) -> int:
    """Progress goes to stderr, results to stdout. The exit code is the benchmark's own."""
    parser = argparse.ArgumentParser(prog="legal_eagle.bench")
    commands = parser.add_subparsers(dest="benchmark", required=True)
    for command in _COMMANDS:
        command.add_arguments(commands.add_parser(command.name, help=command.help))
    options = parser.parse_args(arguments)
    # torch and transformers read these when imported, so benchmarks import them only when they run.
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    return next(one for one in _COMMANDS if one.name == options.benchmark).run(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
