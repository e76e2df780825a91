"""Every metric this package logs: its name, what it means, and its unit. Names are an API; logging another one raises.

A name is `group/measure`, and the group is the stage of the run that logs it; "explore" is that of any loop of one's
own. In patterns, `*` stands for one word.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..rewards import MEASURES

_TRAINING = {
    "tokens": "tokens trained on so far, model and environment together (count)",
    "learning_rate": "step size of this update",
    "grad_norm": "norm of the gradient before clipping",
}

_SUPERVISED = {
    "loss": "cross-entropy on the model's own tokens, mean over this update (nats per token)",
    **_TRAINING,
    "heldout_success": "share of held-out problems solved by the model as it is now, in [0, 1]",
}

_ROLLOUTS = {
    "success": "share of this update's episodes on training problems whose answer was verified, in [0, 1]",
    "heldout_success": "share of episodes on held-out problems whose answer was verified, in [0, 1]",
    "heldout_steps": "budget steps per episode on held-out problems, mean (count)",
    "heldout_backtracks": "backtracks per episode on held-out problems, mean (count)",
    "reward": "reward per episode of this update, all terms weighted, mean",
    "steps": "budget steps per episode of this update: steps, backtracks and refused lines, mean (count)",
    "tokens": "tokens written by the model per episode of this update, mean (count)",
    "backtracks": "moves to earlier nodes per episode of this update, mean (count)",
    "repeated": "visits to a state seen before, per episode of this update, mean (count)",
    "refused": "lines that were no legal action, per episode of this update, mean (count)",
    "cut": "share of this update's episodes that were cut off because their context grew too long, in [0, 1]",
    "entropy": "entropy of the policy's next-token distribution over its own tokens, mean (nats)",
    "kl": "divergence from the supervised model over the policy's own tokens, mean (nats per token)",
    "loss": "value of the policy objective in this update",
    "grad_norm": "norm of the gradient before clipping",
    "learning_rate": "step size of this update",
}

_EVALUATION = {
    "success_within_*": "share of episodes solved within that many steps, mean over problems, in [0, 1]",
    "steps": "budget steps per episode, mean (count)",
    "tokens": "tokens written by the model per episode, mean (count)",
    "backtracks": "moves to earlier nodes per episode, mean (count)",
    "repeated": "visits to a state seen before, per episode, mean (count)",
    "refused": "lines that were no legal action, per episode, mean (count)",
}

_HACKING = {
    "return": "return per episode of this window, shaping included, mean",
    "success": "share of this window's episodes whose answer was verified, in [0, 1]",
    "correlation": "of return and success over this window's episodes, in [-1, 1]; undefined where one is constant",
    "steps_per_answer": "budget steps of this window divided by its committed answers; undefined where there is none",
    "tokens_per_step": "tokens written per budget step, mean over the episodes of this window (count)",
    "repeated": "visits to a state seen before, per episode of this window, mean (count)",
    "alarm": "1 while return and success have parted, else 0",
}

METRICS: dict[str, str] = {
    "traces/problems": "problems searched so far (count)",
    "traces/success": "share of the searches whose trace was kept because its ending was verified, in [0, 1]",
    "base/loss": "reading random plays: cross-entropy on all tokens but the question's, mean over this update (nats)",
    **{f"base/{name}": f"reading random plays: {text}" for name, text in _TRAINING.items()},
    **{f"sft/{name}": f"search traces: {text}" for name, text in _SUPERVISED.items()},
    **{f"cot/{name}": f"optimal paths only: {text}" for name, text in _SUPERVISED.items()},
    "prm/loss": "process reward model: binary cross-entropy of labels, mean since the last row (nats per label)",
    "prm/learning_rate": "process reward model: step size of this update",
    "prm/grad_norm": "process reward model: norm of the gradient before clipping",
    **{f"rl/{name}": text for name, text in _ROLLOUTS.items()},
    **{f"eval/*/{name}": f"one evaluated system: {text}" for name, text in _EVALUATION.items()},
    "explore/success": "share of the row's episodes whose answer was verified, in [0, 1]",
    **{f"explore/{name}": f"mean over the row's episodes, where defined: {text}" for name, text in MEASURES.items()},
    "explore/episodes": "episodes that the row is the mean of (count)",
    **{f"hack/{name}": text for name, text in _HACKING.items()},
    "time/seconds": "wall time spent on this stage so far, over all its sessions (s); goes with any group",
}
"""Name or pattern -> meaning and unit."""

ANY_STAGE = "time"
"""The one group that is no stage: its metrics are logged beside those of any stage."""

_PATTERNS = [re.compile(re.escape(name).replace(r"\*", r"[\w.-]+"), re.ASCII) for name in METRICS if "*" in name]


@lru_cache(maxsize=4096)
def known(name: str) -> bool:
    """Is `name` in METRICS, or does it fit one of its patterns?"""
    return (name in METRICS and "*" not in name) or any(pattern.fullmatch(name) for pattern in _PATTERNS)


def stage_of(names: frozenset[str]) -> str:
    """The stage that logs these metrics.

    Raises KeyError for a name that is not in METRICS, ValueError where the names belong to no stage or to several.
    """
    unknown = sorted(name for name in names if not known(name))
    if unknown:
        raise KeyError(f"unknown metrics {', '.join(unknown)}: add them to METRICS in {__name__}")
    stages = {name.partition("/")[0] for name in names} - {ANY_STAGE}
    if len(stages) != 1:
        raise ValueError(f"metrics logged together belong to one stage, got {sorted(names)}")
    return stages.pop()
