"""What a task gets from `Task` without writing it: a family of its own in the fewest possible lines."""

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.tasks import IllegalStep, NotEnumerable, Problem, Task, Verdict, read_knobs
from metacot.tasks.task import bucket, split_of


class Ladder(Task[int, str]):
    """Climb from 0 to the top by ones and twos.

    This second paragraph is for programmers.
    """

    name = "ladder"
    n_actions = 2

    def problem(self, seed, index, split="train", **difficulty):
        return self.pose(int(self.rng(seed, index, split).integers(3, 9)))

    def pose(self, *data):
        return Problem(self.name, data)

    def start(self, problem):
        return (0, problem.data[0])

    def steps(self, state):
        return ["one", "two"][: state[1] - state[0]]

    def apply(self, state, step):
        if step not in self.steps(state):
            raise IllegalStep(f"{step} is too far")
        return (state[0] + (1 if step == "one" else 2), state[1])

    def solved(self, state):
        return state[0] == state[1]

    def ask(self, problem):
        return f"climb to {problem.data[0]}"

    def show(self, state):
        return "\n".join("*" if rung == state[0] else "-" for rung in range(state[1], -1, -1))

    def write(self, state, step):
        return step

    def read(self, state, text):
        return text

    def answer(self, problem, steps):
        return " ".join(steps)

    def check(self, problem, answer):
        climbed = sum({"one": 1, "two": 2}.get(word, 100) for word in answer.split())
        return Verdict(climbed == problem.data[0], f"climbs {climbed}", answer)


class NumberedLadder(Ladder):
    """The same with a numeric face and exact distances."""

    def index(self, state, step):
        return ["one", "two"].index(step)

    def distance(self, state):
        return math.ceil((state[1] - state[0]) / 2) if state[0] <= state[1] else math.inf


PLAIN, NUMBERED = Ladder(), NumberedLadder()
MIDDLE = (2, 5)


def test_a_task_must_say_its_rules_and_its_text():
    with pytest.raises(TypeError, match="abstract"):
        Task()


def test_the_text_in_brief_is_the_whole_state_on_one_line_of_at_most_120_characters():
    assert PLAIN.brief(MIDDLE) == "- - - * - -"
    assert len(PLAIN.brief((0, 500))) == 120


def test_the_rules_are_the_first_paragraph_of_the_documentation():
    assert PLAIN.rules() == "Climb from 0 to the top by ones and twos."


def test_children_are_expanded_from_the_rules():
    assert PLAIN.expand(MIDDLE) == [("one", (3, 5), (3, 5), 1.0), ("two", (4, 5), (4, 5), 1.0)]
    assert PLAIN.expand((5, 5)) == []


def test_without_exact_values_nothing_is_claimed():
    problem = PLAIN.pose(5)
    assert PLAIN.distance(MIDDLE) is None
    assert PLAIN.value(MIDDLE) is None
    assert PLAIN.value(MIDDLE, 3) is None
    assert PLAIN.heuristic(MIDDLE) == 0.0
    assert PLAIN.check_give_up(problem).correct is None
    assert PLAIN.count() is None
    assert PLAIN.attributes(problem) == {}
    assert PLAIN.problem_key(problem) == (5,)


def test_the_value_follows_from_the_distance():
    assert [NUMBERED.value(MIDDLE, left) for left in range(4)] == [0.0, 0.0, 1.0, 1.0]
    assert NUMBERED.value(MIDDLE) == 1.0
    assert NUMBERED.value((6, 5)) == NUMBERED.value((6, 5), 9) == 0.0
    assert NUMBERED.value((5, 5), 0) == 1.0


def test_giving_up_is_judged_by_the_distance():
    assert NUMBERED.check_give_up(NUMBERED.pose(5)).correct is False
    assert NUMBERED.check_give_up(NUMBERED.pose(-1)).correct is True


def test_the_numeric_face_follows_from_the_index():
    for state in ((0, 5), (4, 5), (5, 5)):
        legal = NUMBERED.steps(state)
        mask = NUMBERED.mask(state)
        assert mask.dtype == np.int8
        assert mask.tolist() == [int(step in legal) for step in ("one", "two")]
        for step in legal:
            index = NUMBERED.index(state, step)
            assert NUMBERED.step_at(state, index) == step
            assert NUMBERED.move(state, index) == (step, NUMBERED.apply(state, step))
    for index in (-1, 1, 2):
        with pytest.raises(IllegalStep, match=f"action {index} is not legal here"):
            NUMBERED.step_at((4, 5), index)


def test_the_face_is_observation_mask_and_whether_it_is_solved():
    class Seen(NumberedLadder):
        """Shows the rung."""

        def observe(self, state):
            return np.array(state, np.float32)

    seen, mask, solved = Seen().face(MIDDLE)
    assert (seen.tolist(), mask.tolist(), solved) == ([2, 5], [1, 1], False)


def test_without_an_index_there_is_no_numeric_face():
    for call in (
        PLAIN.mask,
        PLAIN.observe,
        lambda state: PLAIN.index(state, "one"),
        lambda state: PLAIN.step_at(state, 0),
    ):
        with pytest.raises(NotEnumerable, match="ladder has no numeric face"):
            call(MIDDLE)


def test_a_state_is_drawn_as_its_text():
    class Odd(Ladder):
        """Shows what must be escaped."""

        def show(self, state):
            return "<a & b>\n'c'"

    picture = ET.fromstring(Odd().draw(MIDDLE))
    assert [part.text for part in picture if part.tag.endswith("text")] == ["<a & b>", "'c'"]


@given(st.integers(0, 2**40), st.integers(0, 2**40), st.sampled_from(["train", "val", "test"]))
def test_each_address_has_a_generator_of_its_own(seed, index, split):
    def draw(*address, task=PLAIN):
        return task.rng(*address).integers(2**62, size=2).tolist()

    class Snakes(Ladder):
        """Another name, other chances."""

        name = "snakes"

    first = draw(seed, index, split)
    assert first == draw(seed, index, split)
    others = [draw(seed + 1, index, split), draw(seed, index + 1, split), draw(seed + 1, max(index - 1, 0), split)]
    others += [draw(seed, index, "elsewhere"), draw(seed, index, split, task=Snakes())]
    assert first not in others


@dataclass(frozen=True)
class Rungs:
    top: int = 9
    wide: tuple[int, ...] | list[int] = ()

    def __post_init__(self):
        if type(self.top) is not int:
            raise ValueError(f"top must be a whole number, got {self.top!r}")


def test_knobs_are_read_once_and_judged_by_value_and_type():
    assert read_knobs(Rungs, {}) == Rungs()
    assert read_knobs(Rungs, {"top": 1}) == Rungs(1)
    assert read_knobs(Rungs, {"top": 1}) is read_knobs(Rungs, {"top": 1})
    for equal_to_one in (True, 1.0):
        with pytest.raises(ValueError, match=f"top must be a whole number, got {equal_to_one}"):
            read_knobs(Rungs, {"top": equal_to_one})
    assert read_knobs(Rungs, {"wide": [1, 2]}) == Rungs(wide=[1, 2])  # a list cannot be remembered
    for unknown in ({"kind": 3}, {"kind": []}):
        with pytest.raises(ValueError, match=re.escape("there is no difficulty 'kind' here; known: top, wide")):
            read_knobs(Rungs, unknown)


def test_splits_are_stable_shares_of_all_keys():
    places = [split_of("salt", key) for key in range(20_000)]
    assert [places.count(split) for split in ("train", "val", "test")] == [15119, 634, 4247]
    assert [split_of("salt", key, test=0, val=0) for key in range(100)] == ["train"] * 100
    assert bucket("salt", (1, 2)) == 95
    assert bucket("pepper", (1, 2)) != bucket("salt", (1, 2))
