"""Texts (and things that are no text) that a model may write, and that nobody may stumble over or pay for."""

from __future__ import annotations

import math
from typing import Any

PLAIN = ("let me think", "x = 2", "3 + 4 = 7", "so the rest is 5")
"""What a reasoner might say where steps are free text."""

HOSTILE: tuple[str, ...] = (
    "",
    " \t ",
    "\0",
    "\ud800",
    "a\rb\x0bc\u2028d",
    "９ － ４",
    "٣ + ٤",
    "🧩" * 20,
    "what?",
    "24 solved",
    "value 80",
    " = ",
    " = " * 200,
    "1 = 2 = 3 = 4 = 5 = 6 = 7 = 8 = 9 = 10 = 11",
    "-" * 900,
    "1/0",
    "1 / 0",
    "9**9**9**9",
    "9" * 999,
    "1e999",
    "nan",
    "inf",
    "True",
    "None",
    "(" * 900,
    "[" * 900,
    "[[[[]]]]",
    '{"a": ' * 100,
    "0, " * 300,
    "\\" * 900,
    "%s%n{0}{}",
    "__import__('os').system('true')",
    "().__class__.__bases__[0].__subclasses__()",
    "lambda: 0",
    "<think>",
    "</think>",
    "<eos>",
)
"""Single lines of at most 1,000 characters, none of them a step or an answer of anything."""

LONG: tuple[str, ...] = ("9" * 100_000, "(" * 50_000, "7 " * 50_000, "+ 3, " * 20_000, "\n" * 10_000, "-1\n" * 10_000)
"""Whole texts that are too long to be answers."""

LINES: tuple[str, ...] = (
    "back #-1",
    "back #999999999999",
    "#1 24 solved",
    "refused not an action",
    "attempt 2\n<think>\nanswer 24",
    "</think>\n</think>\n</think>",
    "answer __import__('os')",
    "answer " + "9**" * 500 + "9",
    "answer " + "(" * 50_000,
    "\n\n",
)
"""What somebody might write who knows the grammar and not the rules."""

THINGS: tuple[Any, ...] = (None, b"24", [], {}, object(), math.nan)
"""What is no text at all."""
