"""How numbers on the command line are read."""

from __future__ import annotations

import argparse


def whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"a whole number, 0 or more, is needed, got {text}")
    return number


def positive(text: str) -> int:
    if not whole(text):
        raise argparse.ArgumentTypeError("at least 1 is needed")
    return int(text)
