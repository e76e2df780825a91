"""The systems of the table: random play, chain of thought, search-trained models, and exact search as the ceiling."""

from __future__ import annotations

import os
import platform
import random
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...rewards.values import OracleValue
from ...tasks import Problem, Task, emit
from ...tasks.extras import require
from ..policies.environments import text_environment
from ..policies.model import LanguageModel, load_model
from ..policies.rollout import Rollout, RolloutSettings, roll_out
from ..reading import random_play
from ..search import best_first
from ..tracking import Tracker
from .episodes import Episode, Evaluation, SystemResult, measure
from .restarts import restarted
from .stats import token_budgets
from .table import COUNTS, Pair, rows

KEPT = 24
"""Episodes of each model whose text is kept for the report."""

PAIRS = (
    Pair("rl", "sft"),
    Pair("sft", "cot"),
    Pair("rl", "cot"),
    Pair("sft", "cot_steps"),
    Pair("rl", "cot_steps"),
    Pair("rl", "cot_tokens", cost="tokens"),
)
"""What the table compares, on the same problems."""


def evaluate_systems(
    task: Task[Any, Any],
    problems: Sequence[Problem],
    split: str,
    settings: Any,
    models: Mapping[str, Path],
    *,
    seed: int,
    tracker: Tracker,
) -> Evaluation:
    """Run every system on every problem. `models`: folders of "cot", "sft" and "rl"."""
    systems: list[SystemResult] = []
    budget, samples = settings.budget, settings.samples
    tqdm = require("tqdm", "train").tqdm
    with tqdm(total=_total(len(problems), settings), desc="eval", unit="episode", dynamic_ncols=True) as bar:
        # Plays are addressed by problem and sample, never drawn from one stream.
        plays = [
            measure(
                task,
                random_play(task, problem, budget, random.Random(f"{seed} {place} {sample}")),
                problem=place,
                sample=sample,
            )
            for place, problem in enumerate(problems)
            for sample in range(samples)
        ]
        systems.append(SystemResult("random", "random legal play", "sampled", samples, tuple(plays)))
        bar.update(len(plays))

        def model_episodes(name: str, steps: int, many: int, temperature: float, keep: int = 0) -> tuple[Episode, ...]:
            rollouts = roll_out(
                load_model(models[name]),
                text_environment(task, steps),
                [problem for problem in problems for _ in range(many)],
                RolloutSettings(temperature=temperature, seed=seed),
                bar.update,
            )
            return _episodes(task, rollouts, many, keep)

        greedy = model_episodes("cot", task.horizon or budget, 1, 0.0)
        systems.append(SystemResult("cot_greedy", "CoT", "greedy", 1, greedy))
        attempts = model_episodes("cot", task.horizon or budget, settings.attempts, 1.0)
        plain = tuple(episode for episode in attempts if episode.sample < samples)
        systems.append(SystemResult("cot", "CoT", "sampled", min(samples, settings.attempts), plain))
        searchers: dict[str, tuple[Episode, ...]] = {}
        for name in ("sft", "rl"):
            searchers[name] = model_episodes(name, budget, samples, 1.0, KEPT)
        tokens = token_budgets(searchers["rl"], (budget,))[0]
        for key, label, limit, cost in (
            ("cot_steps", "CoT restarts, equal steps", budget, "steps"),
            ("cot_tokens", "CoT restarts, equal tokens", tokens, "tokens"),
        ):
            runs = restarted(attempts, limit, cost, samples=16, seed=seed)
            if runs.ran_out:
                tqdm.write(f"{label}: {runs.ran_out} of {len(runs.episodes)} runs used up their attempts; sample more")
            systems.append(SystemResult(key, label, "sampled", 16, runs.episodes))
        for name, label in (("sft", "SFT on search traces"), ("rl", "after meta-RL")):
            systems.append(SystemResult(f"{name}_greedy", label, "greedy", 1, model_episodes(name, budget, 1, 0.0)))
            systems.append(SystemResult(name, label, "sampled", samples, searchers[name]))
        ceiling = [
            measure(task, best_first(task, problem, OracleValue(), budget=budget).trace(), problem=place)
            for place, problem in enumerate(problems)
        ]
        systems.append(SystemResult("oracle", "best-first, exact values", "search", 1, tuple(ceiling)))
        bar.update(len(ceiling))
    evaluation = Evaluation(task.name, split, seed, tuple(settings.budgets), tuple(problems), machine(), tuple(systems))
    _log(evaluation, tracker)
    return evaluation


def _total(problems: int, settings: Any) -> int:
    """How many episodes an evaluation plays: for the estimate."""
    return problems * (settings.samples * 3 + 3 + settings.attempts + 1)


def _episodes(task: Task[Any, Any], rollouts: Sequence[Rollout], samples: int, keep: int) -> tuple[Episode, ...]:
    episodes = []
    for place, rollout in enumerate(rollouts):
        problem, sample = divmod(place, samples)
        text = emit(task, rollout.trace) if sample == 0 and problem < keep else None
        episodes.append(
            measure(
                task,
                rollout.trace,
                problem=problem,
                sample=sample,
                tokens=rollout.tokens,
                context=len(rollout.ids),
                text=text,
            )
        )
    return tuple(episodes)


def heldout_probe(
    task: Task[Any, Any], problems: Sequence[Problem], budget: int, seed: int, measures: Sequence[str] = ("success",)
) -> Callable[[Any, Any, int], dict[str, float]]:
    """Means over held-out problems for a model in training, one sample each at temperature 1.

    measures: numeric fields of `Rollout`.
    """

    def probe(model: Any, tokenizer: Any, update: int) -> dict[str, float]:
        training = model.training
        model.eval()
        rollouts = roll_out(
            LanguageModel(model, tokenizer),
            text_environment(task, budget),
            problems,
            RolloutSettings(seed=seed * 1_000_003 + update + 500_000),
        )
        model.train(training)
        return {
            f"heldout_{name}": sum(float(getattr(rollout, name)) for rollout in rollouts) / len(rollouts)
            for name in measures
        }

    return probe


def machine() -> dict[str, Any]:
    """Where this runs: what a figure needs to be read."""
    names = ("torch", "transformers", "trl", "gymnasium", "numpy")
    cuda = require("torch", "lm").cuda
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "accelerator": cuda.get_device_name() if cuda.is_available() else None,
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _log(evaluation: Evaluation, tracker: Tracker) -> None:
    tracker.rewind("eval", 0)  # what an evaluation logged that was cut off here
    for system, row in zip(evaluation.systems, rows(evaluation, PAIRS), strict=True):
        metrics = {
            f"eval/{system.key}/success_within_{budget}": float(part.mean)
            for budget, part in zip(evaluation.budgets, row.success, strict=True)
        }
        metrics |= {f"eval/{system.key}/{name}": value for name, value in zip(COUNTS, row.counts, strict=True)}
        tracker.log(metrics, 0)
