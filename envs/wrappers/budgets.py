"""Budgets for an environment that is made already: fewer steps, or so many tokens.

Both hand the budget to the environment inside, which alone knows what is free and what is cut: an episode that spends
it is `truncated`, never `terminated`, and committing an answer at a solved state stays possible. (A `TimeLimit` around
the environment would cut there too.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from ..base import TaskEnv
from ..text import TextReasoning


class StepBudget(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """At most `steps` budget steps an episode, or a trial, from the next reset on: the argument `budget`, later.

    Observation and action spaces stay those of the budget that the environment was made with, so agents trained with
    one budget play with a smaller one.

    Args:
        steps: 1 or more, at most the `budget` that the environment was made with.

    Raises ValueError for other steps, TypeError where no environment of this suite is inside.
    """

    def __init__(self, env: gym.Env[Any, Any], steps: int):
        RecordConstructorArgs.__init__(self, steps=steps)
        super().__init__(env)
        if not isinstance(env.unwrapped, TaskEnv):
            raise TypeError(f"a step budget needs an environment of this suite inside, got {env}")
        env.unwrapped.set_budget(steps)


class TokenBudget(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """At most `tokens` tokens written in an episode, or a trial: the arguments `tokens` and `count_tokens`, later.

    Args:
        tokens: 1 or more.
        count_tokens: from a line, without line end, to its number of tokens; None counts words. For a tokenizer:
            `lambda line: len(tokenizer.encode(line + "\\n"))`. (A function has no JSON spelling, so the `EnvSpec` of an
            environment with one has none either.)

    Raises ValueError for other tokens, TypeError where no text environment of this suite is inside: numbers have no
    tokens.
    """

    def __init__(self, env: gym.Env[Any, Any], tokens: int, count_tokens: Callable[[str], int] | None = None):
        RecordConstructorArgs.__init__(self, _disable_deepcopy=True, tokens=tokens, count_tokens=count_tokens)
        super().__init__(env)
        if not isinstance(env.unwrapped, TextReasoning):
            raise TypeError(f"a token budget needs a text environment of this suite inside, got {env}")
        env.unwrapped.set_token_budget(tokens, count_tokens)
