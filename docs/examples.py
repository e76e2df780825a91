"""The examples in the pages, made by the code that they show."""

from __future__ import annotations

import contextlib
import io
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium as gym

from metacot import tasks
from metacot.agents import ancestor_hops, optimal_path, visit_order, visit_order_values
from metacot.agents.search import best_first
from metacot.cli import main as metacot_command
from metacot.envs import instructions as instructions_of
from metacot.rewards import MEASURES, NoisyOracle
from metacot.tasks.styles import STYLES, make_style

GAME = tasks.make("game24")
HAND = GAME.pose((3, 3, 8, 8))


def printed(*words: str) -> str:
    """What a command prints, under the command itself."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        metacot_command(words)
    typed = " ".join(f'"{word}"' if " " in word else word for word in words)
    return f"$ metacot {typed}\n{out.getvalue()}"


def played(lines: Sequence[str], **arguments: Any) -> str:
    """The whole context of a text episode: what the environment says, and the lines of the reasoner between."""
    env = gym.make("metacot.envs:MetaCoT/Game24Text-v0", disable_env_checker=True, **arguments)
    context, _ = env.reset(options={"problem": HAND})
    for line in lines:
        observation, *_ = env.step(line)
        context += f"{line}\n{observation}"
    return context


def told() -> str:
    """The lines of the reasoner, marked."""
    env = gym.make("metacot.envs:MetaCoT/Game24Text-v0", disable_env_checker=True)
    context, _ = env.reset(options={"problem": HAND})
    shown = [f"  {line}" for line in context.splitlines()]
    for line in SEARCH:
        observation, *_ = env.step(line)
        shown += [f"> {line}", *(f"  {said}" for said in observation.splitlines())]
    return "\n".join(shown)


SEARCH = ("8 + 8", "7 + 3", "16 + 3", "back #0", "8 / 3", "3 - 8/3", "8 / 1/3", "</think>", "answer 8 / (3 - 8 / 3)")
"""A wrong branch, a line that is refused, and the way back."""


def alone() -> str:
    actions = [tasks.Step(GAME.read(GAME.start(HAND), "8 + 8")), tasks.Backtrack(0)]
    trace = tasks.Trace(HAND, (*actions, *best_first(GAME, HAND, NoisyOracle(0.0), seed=1).trace().actions))
    return tasks.emit(GAME, tasks.claimed(GAME, trace), "none")


def linearized() -> str:
    result = best_first(GAME, HAND, NoisyOracle(0.1, 3))
    named = {"visit_order": visit_order, "visit_order_values": visit_order_values, "optimal_path": optimal_path}
    return "\n".join(f"{name}\n\n{tasks.emit(GAME, linearize(result))}" for name, linearize in named.items())


def styles() -> str:
    trace = ancestor_hops(best_first(GAME, HAND, NoisyOracle(0.1, 3)), branches=1, values=True)
    return "\n".join(f"{name}\n\n{make_style(name).emit(GAME, trace)}" for name in STYLES)


def measures() -> str:
    rows = {"success": "1 where the answer was verified, else 0; of a trial, that of its last attempt", **MEASURES}
    width = max(map(len, rows))
    fill = {"width": 118, "subsequent_indent": " " * (width + 2)}
    return "\n".join(textwrap.fill(f"{name:<{width}}  {meaning}", **fill) for name, meaning in rows.items())


EXAMPLES: dict[str, Callable[[], str]] = {
    "solve": lambda: printed("solve", "game24", "--problem", "3 3 8 8", "--value", "noisy:0.1:3"),
    "show": lambda: printed("show", "game24", "--problem", "3 3 8 8"),
    "check": lambda: printed("check", "game24", "--problem", "3 3 8 8", "--answer", "6 * 4 * 1 * 1"),
    "told": told,
    "alone": alone,
    "trial": lambda: played(
        ("8 + 8", "answer", "8 / 3", "3 - 8/3", "8 / 1/3", "answer"), trial={"episodes": 2, "reveal": "verdict"}
    ),
    "linearized": linearized,
    "styles": styles,
    "measures": measures,
    "instructions": lambda: instructions_of(GAME, "full"),
}
"""Name of an example -> its text."""
