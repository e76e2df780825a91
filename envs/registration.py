"""Ids for every task: `MetaCoT/<Name>-v0` with numbers, `MetaCoT/<Name>Text-v0` with text; now and for later tasks.

Also `MetaCoT/RG-<dataset>-v0` for every dataset of reasoning-gym, from a table of their names: the library is imported
when such an environment is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym

from ..tasks import on_register
from ..tasks.reasoning_gym import AUDIT, PREFIX
from ..tasks.registry import factory
from .reasoning import ReasoningEnv
from .single import SingleAttempt
from .text import TextReasoning
from .trial import Trial
from .vector import VectorReasoning, has_rules

NAMESPACE = "MetaCoT"
VERSION = 0


def camel(name: str) -> str:
    """`blocks_world` -> `BlocksWorld`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def env_ids(name: str) -> tuple[str, ...]:
    """The ids of a registered task: the text id, and before it the numeric one where steps can be listed.

    Where that is not known without making the task (its factory is no class), both; the numeric one then raises a
    clear error if need be. Raises KeyError for an unknown task.
    """
    text = f"{NAMESPACE}/{camel(name)}Text-v{VERSION}"
    if not getattr(factory(name), "enumerable", True):
        return (text,)
    return f"{NAMESPACE}/{camel(name)}-v{VERSION}", text


def make_numeric(task: str, *, trial: Mapping[str, Any] | None = None, **arguments: Any) -> gym.Env[Any, Any]:
    """`ReasoningEnv`, in a `Trial` where its arguments are given."""
    return _in_trial(ReasoningEnv(task, **arguments), trial)


def make_text(task: str, *, trial: Mapping[str, Any] | None = None, **arguments: Any) -> gym.Env[Any, Any]:
    """`TextReasoning`, in a `Trial` where its arguments are given."""
    return _in_trial(TextReasoning(task, **arguments), trial)


# gym.make looks for the render modes on whatever makes the environment.
make_numeric.metadata = ReasoningEnv.metadata  # type: ignore[attr-defined]
make_text.metadata = TextReasoning.metadata  # type: ignore[attr-defined]


def _in_trial(env: gym.Env[Any, Any], trial: Mapping[str, Any] | None) -> gym.Env[Any, Any]:
    return env if trial is None else Trial(env, **trial)


def _register(name: str) -> None:
    for env_id in env_ids(name):
        known = gym.registry.get(env_id)
        if known is not None:
            if known.kwargs.get("task") == name:
                continue
            raise ValueError(f"the task {name!r} would take the id {env_id} of {known.kwargs.get('task')!r}")
        maker = make_text if env_id.endswith(f"Text-v{VERSION}") else make_numeric
        # Stepping before the first reset is an error of ours: no wrapper needs to watch for it.
        native = f"{VectorReasoning.__module__}:{VectorReasoning.__name__}"
        gym.register(
            env_id,
            entry_point=f"{__name__}:{maker.__name__}",
            order_enforce=False,
            vector_entry_point=native if maker is make_numeric and has_rules(factory(name)) else None,
            kwargs={"task": name},
        )


def _register_datasets() -> None:
    for dataset in AUDIT:
        # A refused one too: whoever makes it is told why.
        env_id = f"{NAMESPACE}/RG-{dataset}-v{VERSION}"
        entry_point = f"{SingleAttempt.__module__}:{SingleAttempt.__name__}"
        gym.register(env_id, entry_point=entry_point, order_enforce=False, kwargs={"task": PREFIX + dataset})


on_register(_register)
_register_datasets()
