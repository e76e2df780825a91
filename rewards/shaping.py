"""Shaping: rewards for single steps, made of a value of states; the same objects in environments and in RL.

Each is a reward term (`metacot.rewards.Reward`). In an environment it is one more term; in RL the reward of a line
credits the tokens of that line and of those before it, so nothing else is needed for credit by the token.

With V(s) in [0, 1] the value of a state, s0 the start, c and c' the cursor before and after, and B the budget:

    sum           (V(c') - V(s0)) / B                   for each action that costs a step
    delta         V(c') - V(c)
    clipped       (min(V(c'), eta) - min(V(c), eta)) / eta
    potential     gamma * P' - P                        P = 0 at the start of an attempt and after its end
      cursor      P = V(cursor) - V(s0)
      best        P = best value among the open nodes - that when the attempt began
    min           (least value visited so far)' - (least value visited so far)
    progress      (V(c') - V(c)) / B                    for a step to a new node; everything else is free
    cut           (best value among the open nodes)' - (the same before)

One scale: over a whole attempt every term lies in [-1, 1], whatever the task and the budget, and is 0 for whoever stays
at the start. What telescopes has that by itself; what adds up is divided by the budget. (At gamma < 1 a potential
can lie a little outside.) Sources and what each is known to break are with the classes.

Left out: what belongs to a trial (`credit.py`), and the advantage, which trainers form.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..tasks import Task, Tree
from .outcome import UNITS, Transition
from .protocols import ValueFunction
from .values import make_value

KEPT = 1 << 16
"""So many states' values are remembered by a term."""

POTENTIALS = ("cursor", "best")


class Memo:
    """A value that is asked once for each state, and the number of steps from each. Copies begin empty."""

    def __init__(self, value: ValueFunction):
        self.value = value
        self._values: dict[Any, float] = {}
        self._exits: dict[Any, int] = {}

    def __reduce__(self) -> tuple[type[Memo], tuple[ValueFunction]]:
        return Memo, (self.value,)

    def forget(self) -> None:
        """Ask again from now on, because the value has changed."""
        self._values.clear()

    def values(self, task: Task[Any, Any], states: Sequence[Any]) -> list[float]:
        """As `ValueFunction.values`."""
        if len(self._values) > KEPT:
            self._values.clear()
        if missing := [state for state in dict.fromkeys(states) if state not in self._values]:
            self._values.update(zip(missing, self.value.values(task, missing), strict=True))
        return [self._values[state] for state in states]

    def exits(self, task: Task[Any, Any], state: Any) -> int:
        """How many steps lead on from a state."""
        if len(self._exits) > KEPT:
            self._exits.clear()
        if state not in self._exits:
            self._exits[state] = len(task.steps(state))
        return self._exits[state]


@dataclass(frozen=True)
class Shaping(ABC):
    """A reward of single steps by a value of states.

    None where the value cannot tell (it raises ValueError, such as an exact value past its limits).

    value: any value of states: exact, noisy, by rollouts, learned. It is asked once for each state; call `forget` when
        it has been trained further.
    """

    value: ValueFunction
    _memo: Memo = field(init=False, repr=False, compare=False)
    kind: ClassVar[str]
    final: ClassVar[bool] = False
    stepwise: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "_memo", Memo(self.value))

    @property
    def name(self) -> str:
        return ":".join([self.kind, *self._arguments(), self.value.name])

    def _arguments(self) -> list[str]:
        return []

    def forget(self) -> None:
        """Ask the value again for every state."""
        self._memo.forget()

    def __call__(self, transition: Transition) -> float | None:
        try:
            return self._judge(transition)
        except ValueError:  # the exact value of this state is not known
            return None

    @abstractmethod
    def _judge(self, t: Transition) -> float: ...

    def _of(self, tree: Tree, *nodes: int) -> list[float]:
        return self._memo.values(tree.task, [tree.states[node] for node in nodes])

    def _best(self, tree: Tree, count: int) -> float:
        """The best value among the open ones of the first `count` nodes, 0.0 where none is open.

        A node is open while it is solved or has a step that was not tried. Of a closed one its children speak.
        """
        task, states = tree.task, tree.states[:count]
        open_nodes = range(count)
        if task.enumerable:
            tried = [0] * count
            for parent, step in zip(tree.parents[1:count], tree.steps[1:count], strict=True):
                tried[parent] += not task.off_menu(states[parent], step)
            exits = self._memo.exits
            open_nodes = [n for n, s in enumerate(states) if task.solved(s) or tried[n] < exits(task, s)]  # type: ignore[assignment]
        return max(self._of(tree, *open_nodes), default=0.0)


def _before(t: Transition) -> int:
    """How many nodes there were before the action."""
    return len(t.tree) - (t.kind == "new")


class Sum(Shaping):
    """The value of every state one is in, one budget step after another: the reward of early process models.

    In [-1/B, 1/B]. Source: step rewards added up, as with Math-Shepherd (Wang et al. 2023, arXiv 2312.08935). Breaks:
    the optimal policy. It pays for lingering where the value is high and for giving up where the start is the best
    that there is, and punishes a wrong branch before the way back. PURE (arXiv 2504.15275) saw training collapse.
    """

    kind = "sum"

    def _judge(self, t: Transition) -> float:
        if not t.cost:
            return 0.0
        here, start = self._of(t.tree, t.tree.cursor, 0)
        return (here - start) / t.budget


class Delta(Shaping):
    """The change in value with each action, ways back included.

    In [-1, 1], and so is its sum, V(last) - V(s0): no loop earns anything. Source: Gao et al. 2024 (arXiv 2410.15115)
    take differences to bound the total; theirs look one step ahead, this one back, as an environment must. Breaks: who
    stops at a state that looks solved is paid as much by it as who solves the problem.
    """

    kind = "delta"

    def _judge(self, t: Transition) -> float:
        after, before = self._of(t.tree, t.tree.cursor, t.before)
        return after - before


@dataclass(frozen=True)
class ClippedDelta(Shaping):
    """The change in value up to `eta`: beyond that a state is good enough, and nothing is paid for seeming better.

    In [-1, 1], and so is its sum. Source: Clip and Delta together, Gao et al. 2024 (arXiv 2410.15115). Breaks: as
    `Delta`, less; and a value above eta that is right is not heard. Where values are 0 or 1 it is `Delta`.

    eta: in (0, 1].
    """

    eta: float = 0.5
    kind = "clipped"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.eta <= 1:
            raise ValueError(f"eta must be in (0, 1], got {self.eta!r}")

    def _arguments(self) -> list[str]:
        return [] if self.eta == 0.5 else [repr(self.eta)]

    def _judge(self, t: Transition) -> float:
        after, before = (min(value, self.eta) for value in self._of(t.tree, t.tree.cursor, t.before))
        return (after - before) / self.eta


@dataclass(frozen=True)
class Potential(Shaping):
    """gamma * P' - P: the only shaping here that leaves the optimal policy as it is, whatever the value says.

    In [-1 - gamma, 1 + gamma]. Over an attempt the discounted sum is exactly 0, because P is 0 at its start and after
    its end, by the end of the budget too. So with one advantage for a whole trajectory and gamma = 1 it does nothing;
    it needs credit by the step. Source: Ng, Harada and Russell 1999; P = 0 at the end, Grzes 2017. Breaks: nothing in
    the limit. A wrong value still misleads credit on the way, and at gamma < 1 it is only invariant for a learner that
    discounts by the same gamma.

    which: "cursor", P = V(cursor) - V(s0): leaving a promising node costs what it was worth, V(c') - V(c) for a way
        back at gamma = 1, which a good return refunds. "best", P by the best open node: a way back costs nothing at
        gamma = 1, and so does a dead end while something better is open. Where values are 0 or 1 and the start is
        solvable, it is silent until the best is lost.
    gamma: the discount of the learner, in (0, 1]; 1.0 for returns without discount, as in `train_rl`.
    """

    which: str = "cursor"
    gamma: float = 1.0
    kind = "potential"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.which not in POTENTIALS:
            raise ValueError(f"the potential is one of {', '.join(POTENTIALS)}, got {self.which!r}")
        if not 0 < self.gamma <= 1:
            raise ValueError(f"gamma must be in (0, 1], got {self.gamma!r}")

    def _arguments(self) -> list[str]:
        return [self.which] if self.gamma == 1 else [self.which, repr(self.gamma)]

    def _judge(self, t: Transition) -> float:
        before = self._height(t, t.before, _before(t))
        after = 0.0 if t.ended else self._height(t, t.tree.cursor, len(t.tree))
        return self.gamma * after - before

    def _height(self, t: Transition, cursor: int, count: int) -> float:
        if self.which == "best":
            return self._best(t.tree, count) - self._best(t.tree, t.first)
        here, start = self._of(t.tree, cursor, 0)
        return here - start


class MinForm(Shaping):
    """How much lower the least value visited has fallen.

    In [-1, 0], and so is its sum, (least value visited) - V(s0): one bad step costs once, and no good one makes up for
    it. Source: PURE (Cheng et al. 2025, arXiv 2504.15275), whose return is the least reward ahead; the returns of this
    one differ from it by what was visited before, which an expected gradient does not see. Breaks: search. The first
    wrong branch costs for good, found out or not, and whoever tries nothing loses nothing.
    """

    kind = "min"

    def _judge(self, t: Transition) -> float:
        if t.kind != "new":
            return 0.0
        *before, new = self._of(t.tree, *range(len(t.tree)))
        return min(0.0, new - min(before))


class Progress(Shaping):
    """The advantage of each new step under another reasoner: V(child) - V(parent), where V is the success of a prover.

    In [-1/B, 1/B]. Ways back and steps known already are free and earn nothing. Source: process advantage verifiers,
    PAV (Setlur et al. 2024, arXiv 2410.08146); give it the value of a prover, such as "rollout:16". Breaks: the optimal
    policy: a wrong branch is charged and the way back is not refunded, so where steps lose value searching costs; and
    a value with errors can be milked by looking for nodes that it wrongly likes.
    """

    kind = "progress"

    def _judge(self, t: Transition) -> float:
        if t.kind != "new":
            return 0.0
        child, parent = self._of(t.tree, t.tree.cursor, t.before)
        return (child - parent) / t.budget


class Cut(Shaping):
    """The change in success if the thought were cut here: an answerer goes on from the best open node.

    In [-1, 1], and so is its sum. Source: meta reinforcement fine-tuning, MRT (Qu et al. 2025, arXiv 2503.07572), whose
    answerer is the model itself, told to answer now; here it is whoever the value speaks for. Breaks: as
    `Delta`; and once a state looks solved, nothing that comes after is heard.
    """

    kind = "cut"

    def _judge(self, t: Transition) -> float:
        return 0.0 if t.kind != "new" else self._best(t.tree, len(t.tree)) - self._best(t.tree, len(t.tree) - 1)


@dataclass(frozen=True)
class Format:
    """-1/B for every refused line or action, so -1.0 for a budget of nothing else.

    Breaks: long thought, a little: who writes less is refused less.
    """

    name: ClassVar[str] = "format"
    final: ClassVar[bool] = False
    stepwise: ClassVar[bool] = True

    def __call__(self, transition: Transition) -> float | None:
        return -float(transition.kind == "refused" and transition.cost) / transition.budget


@dataclass(frozen=True)
class Revisit:
    """-1/B for every budget step that leads to a state seen before (by key), ways back to another node excepted.

    In [-1, 0] over an attempt. What is charged is a step tried again, another one to the same state, and a way back to
    where one is; on a tree that remembers, none of them can help. Source: exploration bonuses by counts of visits
    (Bellemare et al. 2016, arXiv 1606.01868), as a charge for the second visit. Breaks: nothing known; where values are
    noisy, a second look would be worth something, and it is charged all the same.
    """

    name: ClassVar[str] = "revisit"
    final: ClassVar[bool] = False
    stepwise: ClassVar[bool] = True

    def __call__(self, transition: Transition) -> float | None:
        return -float(transition.cost and _known_already(transition)) / transition.budget


def _known_already(t: Transition) -> bool:
    """Did the action lead to a state that was there, other than back to another node?"""
    if t.kind == "back":
        return t.tree.cursor == t.before
    if t.kind == "revisit":
        return True
    if t.kind != "new":
        return False
    *earlier, here = t.tree.keys()
    return here in earlier


@dataclass(frozen=True)
class Length:
    """-1/B for every budget step, or -1/most for every token; None for tokens where there are none (numeric face).

    In [-1, 0] over an attempt of at most `most` tokens. Source: length penalties as in Kimi k1.5 (arXiv 2501.12599).
    Breaks: search, where a weight near 1 makes giving up better than looking further.

    unit: "steps" or "tokens". most: tokens that cost 1.0; for tokens only.
    """

    unit: str = "steps"
    most: int = 0
    final: ClassVar[bool] = False
    stepwise: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"unit must be one of {', '.join(UNITS)}, got {self.unit!r}")
        if (self.unit == "tokens") != (self.most > 0):
            raise ValueError(f"tokens need a number that costs 1.0, and steps have none, got {self.most!r}")

    @property
    def name(self) -> str:
        return "length" if self.unit == "steps" else f"length:tokens:{self.most}"

    def __call__(self, transition: Transition) -> float | None:
        if self.unit == "steps":
            return -transition.cost / transition.budget
        return None if transition.tokens is None else -transition.written / self.most


SPELLINGS = (
    "sum:VALUE, delta:VALUE, clipped[:eta]:VALUE, potential:cursor|best[:gamma]:VALUE, min:VALUE, progress:VALUE, "
    "cut:VALUE, format, revisit, length[:tokens:most]"
)
"""What `make_shaping` reads; VALUE is what `make_value` reads."""

_PLAIN: dict[str, Callable[[ValueFunction], Shaping]] = {
    kind.kind: kind for kind in (Sum, Delta, MinForm, Progress, Cut)
}
KINDS = (*_PLAIN, "clipped", "potential", "format", "revisit", "length")
"""What a spelling of shaping begins with."""


def make_shaping(spec: str, task: Task[Any, Any] | None = None) -> Shaping | Format | Revisit | Length:
    """The term that a text such as "potential:best:oracle" spells; `make_shaping(term.name) == term`.

    Raises ValueError for any other text, and where `task` is given and the value cannot be used on it.
    """
    kind, *rest = spec.split(":")
    if kind == "format" and not rest:
        return Format()
    if kind == "revisit" and not rest:
        return Revisit()
    if kind == "length":
        if not rest:
            return Length()
        if len(rest) == 2 and rest[0] == "tokens":
            return Length("tokens", int(rest[1]))
    if kind in _PLAIN and rest:
        return _PLAIN[kind](make_value(":".join(rest), task))
    if kind == "clipped" and rest:
        number, rest = _number(rest, 0.5)
        return ClippedDelta(make_value(":".join(rest), task), number)
    if kind == "potential" and len(rest) > 1:
        number, after = _number(rest[1:], 1.0)
        return Potential(make_value(":".join(after), task), rest[0], number)
    raise ValueError(f"shaping is one of {SPELLINGS}; got {spec!r}")


def _number(texts: list[str], default: float) -> tuple[float, list[str]]:
    """The number in front, if there is one, and what follows."""
    try:
        return float(texts[0]), texts[1:]
    except ValueError:
        return default, texts
