"""What a benchmark is to the command line, and where its lines go."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """`run` gets what `add_arguments` asked for and returns the exit code."""

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def say(line: str) -> None:
    """Progress, for the person who waits."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def print_result(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
