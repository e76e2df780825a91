"""Values are exact where they say so, and wrong in a way that depends on the state and the seed alone."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from metacot.rewards import (
    ConstantValue,
    NoisyOracle,
    OracleValue,
    Proposal,
    Proposer,
    RolloutValue,
    UniformProposer,
    ValueFunction,
    make_value,
)
from metacot.rewards.stable import stable_text, uniform
from metacot.tasks import Problem, Task, Verdict, make

GAME = make("game24")


def game_states() -> list:
    """Every state of some hands, each once, in a fixed order."""
    found = {}
    waiting = [GAME.start(GAME.problem(0, index, solvable="mixed")) for index in range(12)]
    while waiting:
        state = waiting.pop()
        if state not in found:
            found[state] = None
            waiting += [child for _, child, _, _ in GAME.expand(state)]
    return list(found)


STATES = game_states()


class Stairs(Task[int, int]):
    """Down from a stair to the ground, one or two at a time: every state is solvable."""

    name = "stairs"
    dead_ends = False
    know_distance = True

    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        return self.pose(index)

    def pose(self, *data: Any) -> Problem:
        return Problem(self.name, data)

    def start(self, problem: Problem) -> int:
        return problem.data[0]

    def steps(self, state: int) -> Sequence[int]:
        return tuple(step for step in (1, 2) if step <= state)

    def apply(self, state: int, step: int) -> int:
        return state - step

    def solved(self, state: int) -> bool:
        return state == 0

    def ask(self, problem: Problem) -> str:
        return "down"

    def show(self, state: int) -> str:
        return str(state)

    def write(self, state: int, step: int) -> str:
        return str(step)

    def read(self, state: int, text: str) -> int:
        return int(text)

    def distance(self, state: int) -> int | None:
        return (state + 1) // 2 if self.know_distance else None

    def answer(self, problem: Problem, steps: Sequence[int]) -> str:
        return str(sum(steps))

    def check(self, problem: Problem, answer: str) -> Verdict:
        return Verdict(answer == str(problem.data[0]), "counted")


class Unknown(Stairs):
    """Nobody knows how far it is."""

    distance = Task.distance  # type: ignore[assignment]


STAIRS = Stairs()


# The oracle -----------------------------------------------------------------------------------------------------------


def test_the_oracle_is_exact_where_there_are_dead_ends() -> None:
    assert OracleValue().values(GAME, STATES) == [GAME.value(state) for state in STATES]
    assert set(OracleValue().values(GAME, STATES)) == {0.0, 1.0}
    assert OracleValue().values(GAME, []) == []


def test_the_oracle_is_graded_where_every_state_is_solvable() -> None:
    assert OracleValue(gamma=0.5).values(STAIRS, [0, 1, 2, 3, 4]) == [1.0, 0.5, 0.5, 0.25, 0.25]


def test_the_oracle_does_not_guess_unless_told_to() -> None:
    with pytest.raises(ValueError, match="does not know the exact value"):
        OracleValue().values(Unknown(), [3])
    assert OracleValue(unknown=0.5).values(Unknown(), [3]) == [0.5]


# Noise ----------------------------------------------------------------------------------------------------------------


def flipped(rate: float, seed: int = 0) -> set:
    exact = OracleValue().values(GAME, STATES)
    noisy = NoisyOracle(rate, seed).values(GAME, STATES)
    return {state for state, a, b in zip(STATES, exact, noisy, strict=True) if a != b}


def test_noise_has_its_rate_and_is_nested() -> None:
    unsolved = sum(not GAME.solved(state) for state in STATES)
    sets = [flipped(rate) for rate in (0.0, 0.1, 0.2, 0.4, 1.0)]
    assert all(less < more for less, more in pairwise(sets))
    assert [round(len(found) / unsolved, 1) for found in sets] == [0.0, 0.1, 0.2, 0.4, 1.0]
    assert flipped(0.2, seed=1) != flipped(0.2)


def test_noise_is_independent_of_order_and_batch() -> None:
    noisy = NoisyOracle(0.3, 5)
    together = dict(zip(STATES, noisy.values(GAME, STATES), strict=True))
    mixed = STATES.copy()
    random.Random(0).shuffle(mixed)
    assert dict(zip(mixed, noisy.values(GAME, mixed), strict=True)) == together
    assert all(noisy.values(GAME, [state]) == [together[state]] for state in mixed[:200])


def test_noise_and_rollouts_are_the_same_in_another_process() -> None:
    code = """
from metacot.rewards import make_value
from metacot.tasks import make
game = make("game24")
states = [child for _, child, _, _ in game.expand(game.start(game.pose((3, 5, 7, 11))))]
print([make_value(spec).values(game, states) for spec in ("noisy:0.4", "noisy:0.4:9", "rollout:4")])
"""
    command = [sys.executable, "-c", code]
    outputs = {
        subprocess.run(command, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout
        for seed in ("1", "2")
    }
    states = [child for _, child, _, _ in GAME.expand(GAME.start(GAME.pose((3, 5, 7, 11))))]
    specs = ("noisy:0.4", "noisy:0.4:9", "rollout:4")
    assert outputs == {f"{[make_value(spec).values(GAME, states) for spec in specs]}\n"}


def test_solved_states_are_never_misjudged() -> None:
    solved = [state for state in STATES if GAME.solved(state)]
    assert solved
    for seed in range(20):
        assert set(NoisyOracle(1.0, seed).values(GAME, solved)) == {1.0}
        assert NoisyOracle(1.0, seed).values(STAIRS, [0]) == [1.0]


def test_noise_on_graded_values_is_in_the_logit() -> None:
    places = list(range(1, 400))
    exact = OracleValue().values(STAIRS, places)
    assert NoisyOracle(0.0).values(STAIRS, places) == exact
    little, much = (NoisyOracle(rate).values(STAIRS, places) for rate in (0.1, 0.4))
    assert all(0 < value < 1 for value in much)
    # Twice nested: the same states err in the same direction, and further.
    assert all((a - v) * (b - v) > 0 and abs(a - v) < abs(b - v) for v, a, b in zip(exact, little, much, strict=True))
    higher = sum(a > v for v, a in zip(exact, little, strict=True))
    assert 0.4 < higher / len(places) < 0.6


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_noise_refuses_rates_out_of_range(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        NoisyOracle(rate)


def test_chance_is_uniform_and_belongs_to_the_key() -> None:
    chances = [uniform(number, 1) for number in range(2000)]
    assert all(0 < chance < 1 for chance in chances)
    assert abs(sum(chances) / len(chances) - 0.5) < 0.02
    assert uniform(7, 1) == chances[7]
    assert uniform(7, 2) != chances[7]
    assert uniform((1, "a"), 0) == 0.2575765203704651  # for ever


def test_keys_need_a_text_of_their_own() -> None:
    class Nameless:
        pass

    with pytest.raises(TypeError, match="depends on its value alone"):
        uniform(Nameless(), 0)
    # Equal sets that were filled in another order may be printed in another order.
    assert stable_text((0, frozenset([8, 0, 16]))) == stable_text((0, frozenset([16, 8, 0])))
    assert stable_text(frozenset([1, 2])) != stable_text(frozenset([1, 3]))


# Rollouts -------------------------------------------------------------------------------------------------------------


def test_rollouts_estimate_the_chance_of_random_play() -> None:
    game_state = GAME.start(GAME.pose((1, 2, 3, 4)))

    def chance(state: Any) -> float:
        """Exactly: the share of steps, each weighed by the chance after it."""
        steps = GAME.steps(state)
        if not steps:
            return float(GAME.solved(state))
        return sum(chance(GAME.apply(state, step)) for step in steps) / len(steps)

    exact = chance(game_state)
    (estimate,) = RolloutValue(2000, seed=1).values(GAME, [game_state])
    assert abs(estimate - exact) < 4 * (exact * (1 - exact) / 2000) ** 0.5
    assert 0 < exact < 0.5


def test_rollouts_are_reproducible_and_independent_of_batches() -> None:
    value = RolloutValue(16)
    some = STATES[::40]
    together = value.values(GAME, some)
    assert value.values(GAME, some[::-1]) == together[::-1]
    assert [value.values(GAME, [state])[0] for state in some] == together
    assert RolloutValue(16, seed=1).values(GAME, some) != together
    exact = OracleValue().values(GAME, some)
    assert all(v == 0 for v, solvable in zip(together, exact, strict=True) if not solvable)


def test_more_rollouts_begin_with_the_same_ones() -> None:
    for state in STATES[::100]:
        wins = [round(k * RolloutValue(k).values(GAME, [state])[0]) for k in range(1, 9)]
        assert all(after - before in (0, 1) for before, after in pairwise(wins))


def test_rollouts_end_at_the_limit() -> None:
    assert RolloutValue(8, limit=2).values(STAIRS, [0, 1, 5]) == [1.0, 1.0, 0.0]
    assert RolloutValue(8).values(STAIRS, [5]) == [1.0]


def test_a_proposer_of_ones_own() -> None:
    class Clumsy:
        """Always three stairs at once, which is more than there are."""

        name = "clumsy"

        def propose(
            self, task: Task[Any, Any], states: Sequence[Any], rngs: Sequence[Random], count: int = 1
        ) -> list[list[Proposal]]:
            return [[Proposal(30, 0.0)] * count for _ in states]

    class Strict(Stairs):
        def apply(self, state: int, step: int) -> int:
            from metacot.tasks import IllegalStep

            if step > state:
                raise IllegalStep("too far")
            return super().apply(state, step)

    value = RolloutValue(4, proposer=Clumsy())
    assert value.name == "rollout:4 by clumsy"
    assert value.values(Strict(), [0, 3]) == [1.0, 0.0]


def test_uniform_proposals_carry_their_probability() -> None:
    proposer = UniformProposer()
    two, none = proposer.propose(STAIRS, [5, 0], [Random(0), Random(0)], 3)
    assert len(two) == 3
    assert all(step in (1, 2) and abs(logprob + 0.6931) < 1e-3 for step, logprob in two)
    assert none == []


# Names ----------------------------------------------------------------------------------------------------------------

VALUES = [
    OracleValue(),
    OracleValue(0.9),
    OracleValue(0.9, 0.5),
    NoisyOracle(0.2),
    NoisyOracle(0.2, 7),
    NoisyOracle(0.2, 0, 0.9),
    NoisyOracle(0.2, 0, 0.9, 0.5),
    RolloutValue(16),
    RolloutValue(16, 3),
    RolloutValue(16, 3, 20),
    ConstantValue(0.25),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.name)
def test_names_read_back(value: ValueFunction) -> None:
    assert make_value(value.name) == value
    assert pickle.loads(pickle.dumps(value)) == value
    assert isinstance(value, ValueFunction)
    assert all(0 <= number <= 1 for number in value.values(GAME, STATES[:20]))


def test_spellings() -> None:
    assert [value.name for value in VALUES[3:5]] == ["noisy:0.2", "noisy:0.2:7"]
    assert make_value("noisy:0") == NoisyOracle(0.0)
    assert make_value("constant:1", GAME) == ConstantValue(1.0)
    assert isinstance(UniformProposer(), Proposer)


@pytest.mark.parametrize("spec", ["", "magic", "noisy", "noisy:x", "noisy:2", "rollout:0", "oracle:1", "constant:0:1"])
def test_other_spellings_are_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="a value is one of"):
        make_value(spec)


def test_values_that_a_task_cannot_have_are_refused() -> None:
    class Wordy(Unknown):
        enumerable = False

    for spec in ("oracle", "noisy:0.1"):
        with pytest.raises(ValueError, match="no exact values"):
            make_value(spec, Unknown())
    assert make_value("rollout:2", Unknown()) == RolloutValue(2)
    with pytest.raises(ValueError, match="cannot be listed"):
        make_value("rollout:2", Wordy())
