"""Shaping under RL: which way of using a value of states helps a learner, which one harms it, and when it is hacked.

    python examples/shaping_under_rl.py                        both tasks, three seeds, a plot in shaping_under_rl.html
    python examples/shaping_under_rl.py --tasks countdown --terms sum min --seeds 5 --weight 0.5

A small learner on purpose: a table of action preferences for each state, trained by policy gradient with the credit
that `metacot.agents.training` gives language models (the return from each step on, minus the mean reward of the group).
It may take steps, go back to the start, or give up. So it shows what rewards do to a learner, and nothing about what
language models generalise to: success is on the problems that it trains on.

Each term is tried with the exact value (oracle), a good one (wrong on 10% of the states) and a bad one (40%). "shaped"
is the return; "parted" the number of episodes after which the hacking monitor raised its alarm, and in how many seeds.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from metacot.agents.evaluation.charts import Line, line_chart
from metacot.agents.evaluation.page import figures_page
from metacot.agents.evaluation.stats import interval
from metacot.agents.tracking import HackingMonitor, NullTracker, Paid
from metacot.envs import ReasoningEnv

TASKS: dict[str, dict[str, Any]] = {"game24": {"high": 6}, "countdown": {"numbers": 3}}
TERMS = ("sum", "clipped", "potential:cursor", "potential:best", "min", "progress")
VALUES = {"oracle": "oracle", "good": "noisy:0.1", "bad": "noisy:0.4"}
BUDGET, GENERATIONS, RATE = 12, 8, 1.0
LAST = 0.2
"""Share of the updates, at the end, over which success is measured."""


class Quiet(NullTracker):
    """Remembers whether it was warned."""

    warned = False

    def warn(self, warning: Warning) -> None:
        self.warned = True


class Learned(NamedTuple):
    """success, shaped: (updates, problems), means over a group. parted: episodes until the alarm, None = never."""

    success: np.ndarray
    shaped: np.ndarray
    parted: int | None


def learn(task: str, rewards: dict[str, float], problems: int, updates: int, seed: int) -> Learned:
    """Train a table on problems of the seed."""
    env = ReasoningEnv(task, budget=BUDGET, rewards=rewards, difficulty=TASKS[task])
    posed = [env.task.problem(seed, index, **env.difficulty) for index in range(problems)]
    rng, table = np.random.default_rng(seed), {}
    tracker = Quiet()
    monitor = HackingMonitor(tracker, window=max(2, problems * GENERATIONS * 5))
    success, shaped = np.zeros((updates, problems)), np.zeros((updates, problems))
    parted = None
    for update in range(updates):
        for place, problem in enumerate(posed):
            group = [play(env, problem, table, rng) for _ in range(GENERATIONS)]
            for path, solved in group:
                monitor.add(Paid(sum(reward for *_, reward in path), solved, env.budget if not path else len(path)))
            returns = [sum(reward for *_, reward in path) for path, _ in group]
            for path, _ in group:
                reinforce(path, float(np.mean(returns)))
            success[update, place] = np.mean([solved for _, solved in group])
            shaped[update, place] = np.mean(returns)
        if tracker.warned and parted is None:
            parted = monitor.episodes
    return Learned(success, shaped, parted)


def play(env: ReasoningEnv, problem: Any, table: dict, rng: np.random.Generator) -> tuple[list, bool]:
    """One episode: (logits, their probabilities, place of the action taken, reward) of each step; was it solved?"""
    _, info = env.reset(options={"problem": problem})
    menu, path, over = env.task.n_actions, [], False
    while not over:
        state, mask = env.tree.state, info["action_mask"]
        if state not in table:
            actions = [*np.flatnonzero(mask[:menu]), menu, len(mask) - 1]  # steps, back to the start, giving up
            table[state] = np.array(actions), np.zeros(len(actions))
        actions, logits = table[state]
        odds = np.exp(logits - logits.max()) * mask[actions]
        odds /= odds.sum()
        taken = min(int(np.searchsorted(odds.cumsum(), rng.random(), side="right")), len(odds) - 1)
        _, reward, terminated, truncated, info = env.step(actions[taken])
        over = terminated or truncated
        path.append((logits, odds, taken, reward))
    return path, info["success"]


def reinforce(path: list, baseline: float) -> None:
    """One step up the gradient, in place: every action with the return from it on."""
    left = sum(reward for *_, reward in path)
    for logits, odds, taken, reward in path:
        step = RATE / GENERATIONS * (left - baseline)
        logits -= step * odds
        logits[taken] += step
        left -= reward


def settings(terms: list[str], weight: float, seed: int) -> dict[tuple[str, str], dict[str, float]]:
    """(term, value) -> reward terms and their weights; another seed, another set of wrong states."""
    found: dict[tuple[str, str], dict[str, float]] = {("none", ""): {"outcome": 1.0}}
    for term in terms:
        for name, value in VALUES.items():
            spelling = value if name == "oracle" else f"{value}:{seed}"
            found[term, name] = {"outcome": 1.0, f"{term}:{spelling}": weight}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--terms", nargs="+", choices=TERMS, default=list(TERMS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--problems", type=int, default=8, help="problems trained on, for each seed")
    parser.add_argument("--updates", type=int, default=300)
    parser.add_argument("--weight", type=float, default=1.0, help="of the shaping; the outcome has 1")
    parser.add_argument("--out", type=Path, default=Path("shaping_under_rl.html"), help="the plot")
    options = parser.parse_args()

    began, figures = time.perf_counter(), []
    last = max(1, round(LAST * options.updates))
    for task in options.tasks:
        title = f"{task}: weight {options.weight}, seeds 0 to {options.seeds - 1}, {options.problems} problems each"
        print(f"{title}\n{'term':17}{'value':8}{'success':>22}{'shaped':>9}{'parted':>16}")
        curves: dict[str, list[Line]] = {}
        posed = [settings(options.terms, options.weight, seed) for seed in range(options.seeds)]
        for term, value in posed[0]:
            runs = [
                learn(task, rewards[term, value], options.problems, options.updates, seed)
                for seed, rewards in enumerate(posed)
            ]
            mean, low, high = interval(np.concatenate([run.success[-last:].mean(0) for run in runs]))
            shaped = np.mean([run.shaped[-last:].mean() for run in runs])
            parted = [run.parted for run in runs if run.parted is not None]
            alarm = f"{np.median(parted):.0f} in {len(parted)}/{options.seeds}" if parted else "never"
            share = f"{100 * mean:.1f}% ({100 * low:.1f}-{100 * high:.1f})"
            print(f"{term:17}{value:8}{share:>22}{shaped:9.2f}{alarm:>16}", flush=True)
            ys = np.mean([run.success.mean(1) for run in runs], axis=0)
            for name in [value] if value else VALUES:
                drawn = curves.setdefault(name, [])
                drawn.append(Line(term, list(range(options.updates)), list(ys), len(drawn), dashed=term == "none"))
        figures += [
            line_chart(lines, title=f"{task}, value: {name}", x="updates", y="success in training", percent=True)
            for name, lines in curves.items()
        ]
    options.out.write_text(figures_page("Shaping under RL", figures), encoding="utf-8")
    print(f"{time.perf_counter() - began:.0f} s; the plot is {options.out}")


if __name__ == "__main__":
    main()
