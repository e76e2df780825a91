"""The contract check: it passes on every registered task, and it names just the rule that a broken copy breaks."""

from __future__ import annotations

import math
import pickle
import random
import re
import subprocess
import sys
from typing import NamedTuple

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import SyncVectorEnv

from metacot import tasks
from metacot.cli import main
from metacot.envs import ContractError, ReasoningEnv, TextReasoning, check_task
from metacot.envs.contract import RULES
from metacot.tasks import IllegalStep, NotEnumerable, Problem, Task, UnreadableStep, Verdict, registry, split_of

FEW = {None: 20, "easy": 5, "medium": 5, "hard": 3}
"""Problems a level in the ordinary suite, where None is the default; the slow test takes 200."""

# Where a level is the default under another name, it has been checked as the default.
LEVELS = [(name, level) for name in tasks.names() for level, knobs in tasks.make(name).levels.items() if knobs]


@pytest.mark.parametrize(("name", "level"), [*((name, None) for name in tasks.names()), *LEVELS])
def test_every_task_keeps_the_contract(name, level):
    passed = check_task(name, FEW[level], difficulty=level)
    assert passed.task == name
    assert passed.difficulty == tasks.make(name).knobs(level)
    assert passed.problems == min(FEW[level], tasks.make(name).count(**passed.difficulty) or FEW[level])
    assert passed.states >= passed.problems


@pytest.mark.slow
@pytest.mark.parametrize("name", tasks.names())
def test_every_task_keeps_the_contract_on_200_problems(name):
    passed = check_task(name)
    assert passed.problems == min(200, tasks.make(name).count() or 200)


@pytest.mark.parametrize("name", tasks.names())
def test_every_task_that_can_list_its_steps_has_a_numeric_face_and_levels(name):
    task = tasks.make(name)
    assert bool(task.n_actions) is task.enumerable
    if task.enumerable:
        assert list(task.levels) == ["easy", "medium", "hard"]


# a small task, and copies of it that break one rule each ------------------------------------------------------------

STEPS = ("+ 3", "* 2")


class At(NamedTuple):
    number: int
    target: int


class Reach(Task[At, str]):
    """Reach the target by adding 3 and doubling."""

    name = "reach_it"
    horizon = 33
    words = ("from", "to", "+", "*", ",", "is", "not", "below", "the", "target", "no", "more", "steps")
    levels = {"easy": {"high": 40}, "hard": {}}  # noqa: RUF012  # as tasks are written
    n_actions, shape, low, high = len(STEPS), (2,), 0, 200

    def problem(self, seed, index, split="train", *, high=100):
        if split not in self.splits:
            raise ValueError(f"unknown split {split!r}")
        rng = self.rng(seed, index, split)
        knobs = {} if high == 100 else {"high": high}
        while True:
            data = int(rng.integers(1, 10)), int(rng.integers(20, high))
            if split_of(self.name, data) == split:
                return Problem(self.name, data, seed, index, split, knobs)

    def pose(self, *data):
        return Problem(self.name, data)

    def start(self, problem):
        return At(*problem.data)

    def steps(self, state):
        return STEPS if state.number < state.target else ()

    def apply(self, state, step):
        if step not in STEPS or state.number >= state.target:
            raise IllegalStep(f"{state.number} is not below the target")
        return At(state.number + 3 if step == "+ 3" else state.number * 2, state.target)

    def solved(self, state):
        return state.number == state.target

    def ask(self, problem):
        return f"from {self.show(self.start(problem))}"

    def show(self, state):
        return f"{state.number} to {state.target}"

    def write(self, state, step):
        return step

    def read(self, state, text):
        if (step := " ".join(text.split())) not in STEPS:
            raise UnreadableStep("a step is + 3 or * 2")
        return step

    def answer(self, problem, steps):
        return ", ".join(steps)

    def check(self, problem, answer):
        state = self.start(problem)
        try:
            for step in str(answer)[:1000].split(","):
                state = self.apply(state, self.read(state, step))
        except tasks.TaskError as error:
            return Verdict(False, str(error))
        return Verdict(self.solved(state), f"ends at {state.number}", answer)

    def heuristic(self, state):
        return 1.0 if state.number < state.target else 0.0

    def distance(self, state):
        return shortest(*state)

    def index(self, state, step):
        return STEPS.index(step)

    def observe(self, state):
        return np.array(state, np.float32)


class Essay(Reach):
    """Write whatever leads to the number; steps are free text, and the reference answer is known."""

    name = "essay_on_it"
    enumerable, dead_ends, n_actions, horizon = False, False, 0, None
    levels = {}  # noqa: RUF012

    def problem(self, seed, index, split="train"):
        posed = super().problem(seed, index, split)
        return Problem(self.name, posed.data, seed, index, split, gold=str(posed.data[1]))

    def start(self, problem):
        return problem.data, ()

    def steps(self, state):
        raise NotEnumerable("any line is a step")

    def apply(self, state, step):
        if len(state[1]) == 3:
            raise IllegalStep("no more steps")
        return state[0], (*state[1], step)

    def solved(self, state):
        return False

    def show(self, state):
        return f"{state[0]} {len(state[1])}"

    def brief(self, state):
        return f"{len(state[1])} steps"

    def read(self, state, text):
        if not re.fullmatch("[a-z0-9]+( [a-z0-9+=]+){0,9}", text):
            raise UnreadableStep("a step is a few words")
        return text

    def check(self, problem, answer):
        return Verdict(str(answer)[:9] == problem.gold, "compared with the target")

    def distance(self, state):
        return None

    def heuristic(self, state):
        return 0.0

    observe, index = Task.observe, Task.index


def shortest(number, target):
    """The fewest steps from a number to another; math.inf where there is no way."""
    if number >= target:
        return 0 if number == target else math.inf
    return 1 + min(shortest(number + 3, target), shortest(number * 2, target))


class Mutable(list):
    """A state that steps can change."""

    number, target = property(lambda self: self[0]), property(lambda self: self[1])

    def __hash__(self):
        return hash(tuple(self))


class Unpicklable(At):
    """A state that comes back as another one."""

    def __reduce__(self):
        return At, (self.number + 1, self.target)


CHANCE = random.Random(0)
BROKEN: dict[str, list[type[Task]]] = {}


def broken(rule, base=Reach, **attributes):
    """A copy of a task that breaks a rule, at the top of this module, where pickle finds it."""
    found = BROKEN.setdefault(rule, [])
    name = f"{base.__name__}_{rule}_{len(found)}"
    globals()[name] = type(name, (base,), {"__module__": __name__, "__doc__": base.__doc__, **attributes})
    found.append(globals()[name])


def then(method, change):
    """A method that does what `method` of Reach does, and changes what comes of it: `change(result, self, *args)`."""
    return lambda self, *args, **kwargs: change(getattr(Reach, method)(self, *args, **kwargs), self, *args)


def apply_in_place(self, state, step):
    after = Reach.apply(self, At(*state), step)
    state[0] = after.number
    return Mutable(after)


def refuse_nothing(self, state, step):
    return At(state.number + 3 if step == "+ 3" else state.number * 2, state.target)


def depends_on_hashes(self, problem):
    return f"from {hash('salted') % 97} to {self.start(problem).target}"


broken("registered", splits=("train", "test"))
broken(
    "address", problem=then("problem", lambda p, self, *a: Problem(p.task, (p.data[0], CHANCE.randrange(30, 90)), *a))
)
broken("address", problem=then("problem", lambda p, self, *a: Problem(p.task, p.data, 1, *a[1:])))
broken(
    "address", problem=lambda self, seed, index, split="train", **k: Problem(self.name, (1, 44), seed, index, split, k)
)
broken("address", count=lambda self, split="train", **knobs: 40)
broken("json_form", pose=None, start=lambda self, problem: At(*problem.data[0]),
       problem=then("problem", lambda p, self, *a: Problem(p.task, (list(p.data),), *a, p.difficulty)))  # fmt: skip
broken("splits", problem=lambda self, *address, **k: _as_if_trained_on(self, *address, **k))
broken("splits", problem_key=lambda self, problem: 7)
broken("levels", levels={"easy": {"high": 40}, "hard": {"size": 9}})
broken("levels", knobs=lambda self, difficulty: {} if isinstance(difficulty, str) else dict(difficulty or {}))
broken("steps", steps=lambda self, state: CHANCE.sample(Reach.steps(self, state), len(Reach.steps(self, state))))
broken("steps", steps=lambda self, state: (*Reach.steps(self, state), *Reach.steps(self, state)))
broken("steps", steps=lambda self, state: STEPS)
broken("steps", steps=lambda self, state: ())
broken("steps", base=Essay, steps=lambda self, state: ["a"])
broken("pickling", start=lambda self, problem: Unpicklable(*problem.data))
broken("pure", start=lambda self, problem: Mutable(problem.data), apply=apply_in_place)
broken(
    "pure",
    apply=lambda self, state, step: Reach.apply(self, state, step)._replace(target=state.target + CHANCE.randrange(3)),
)
broken("pure", solved=lambda self, state: state.number // state.target == 1 and 1)
broken(
    "illegal",
    apply=refuse_nothing,
    steps=lambda self, state: STEPS[: state.number < state.target and 1 + state.number % 2],
)
broken(
    "illegal", apply=lambda self, state, step: Reach.apply(self, state, step) if state.number < state.target else 1 / 0
)
broken("expand", expand=lambda self, state: Task.expand(self, state)[::-1])
broken("expand", expand=lambda self, state: [(s, c, k, 0.0) for s, c, k, _ in Task.expand(self, state)])
broken("expand", expand=lambda self, state: Task.expand(self, state)[:1])
broken("key", key=lambda self, state: state.target)
broken("key", key=lambda self, state: (state, id(state)))
broken("distance", distance=lambda self, state: shortest(*state) + 1)
broken("distance", distance=lambda self, state: 1 - self.solved(state))
broken("distance", distance=lambda self, state: None if state.number % 2 else shortest(*state))
broken("distance", distance=lambda self, state: float(shortest(*state)))
broken("distance", dead_ends=False)
broken("value", value=lambda self, state, left=None: 1.0)
broken("value", value=lambda self, state, left=None: Task.value(self, state, None if left is None else left + 1))
broken("heuristic", heuristic=lambda self, state: 9.0)
broken("heuristic", heuristic=lambda self, state: -1.0)
broken("horizon", horizon=2)
broken("budget", budget=lambda self, **knobs: 2)
broken("budget", budget=lambda self, **knobs: 2 if knobs else 32)
broken("budget", budget=lambda self, **knobs: 32.0)
broken("relax", relax=lambda self, state, cost, cheapest: ([], len(self.steps(state))))
broken("giving_up", check_give_up=lambda self, problem: Verdict(True, "why not"))
broken("question", ask=lambda self, problem: "<think>")
broken("question", rules=lambda self: "")
broken("brief", brief=lambda self, state: "7 " * 60 + "7 ")
broken("brief", brief=lambda self, state: f"{state.number}\n{state.target}")
broken("brief", brief=lambda self, state: f"to value {state.number}")
broken(
    "write",
    write=lambda self, state, step: "back #0" if step == "+ 3" else step,
    read=lambda self, state, text: "+ 3" if text == "back #0" else Reach.read(self, state, text),
)
broken("write", write=lambda self, state, step: step + " value 80",
       read=lambda self, state, text: Reach.read(self, state, text.removesuffix(" value 80")))  # fmt: skip
broken("write", write=lambda self, state, step: step + "\n")
broken("read", write=lambda self, state, step: "+ 3")
broken(
    "hostile", read=lambda self, state, text: STEPS[int(text)] if text.isdecimal() else Reach.read(self, state, text)
)
broken("words", words=Reach.words[1:])
broken("words", words=("is not", *Reach.words))
broken("words", apply=lambda self, state, step: Reach.apply(self, state, step) if self.steps(state) else _raise("stop"))
broken("answer", answer=lambda self, problem, steps: "+ 3")
broken(
    "answer",
    check=lambda self, problem, answer: Verdict(Reach.check(self, problem, answer).correct is True or answer == "", ""),
)
broken("check", check=then("check", lambda v, self, p, answer: v if answer else Verdict(None, "\n")))
broken("check", check=lambda self, problem, answer: Reach.check(self, problem, answer.strip()))
broken("check", check=then("check", lambda v, self, p, answer: Verdict(v.correct, f"got {answer}")))
broken("trace", brief=lambda self, state: f"{state.number} to {CHANCE.randrange(10**9)}")
broken("draw", draw=lambda self, state: "<svg>")
broken("draw", draw=lambda self, state: "<p/>")
broken("observe", observe=lambda self, state: np.array([state.number * 1000, 0], np.float32))
broken("observe", observe=lambda self, state: np.array(state, np.float64))
broken("observe", shape=(3,))
broken("index", index=lambda self, state, step: 0)
broken("index", n_actions=1)
broken("mask", mask=lambda self, state: np.ones(2, np.int8))
broken("mask", mask=lambda self, state: Task.mask(self, state).astype(np.int64))
broken("mask", move=None, step_at=lambda self, state, index: STEPS[index % 2])
broken("move", move=lambda self, state, index: (STEPS[index % 2], At(state.number + 1, state.target)))
broken("face", face=lambda self, state: (self.observe(state), self.mask(state), not self.solved(state)))
broken("no_numbers", base=Essay, mask=lambda self, state: np.ones(0, np.int8))
broken("process", ask=depends_on_hashes)
broken(
    "oracle",
    base=Essay,
    problem=lambda self, *a, **k: Problem(**{**_fields(Essay.problem(self, *a, **k)), "gold": None}),
)


def _as_if_trained_on(self, seed, index, split="train", **knobs):
    shown = Reach.problem(self, seed, index, "train" if split in self.splits else split, **knobs)
    return Problem(self.name, shown.data, seed, index, split, knobs)


def _raise(reason):
    raise IllegalStep(reason)


def _fields(problem):
    return {name: getattr(problem, name) for name in problem.__slots__}


ENTRY = {Reach: "MetaCoT/ReachIt-v0", Essay: "MetaCoT/EssayOnItText-v0"}


class Paying(ReasoningEnv):
    """Pays twice."""

    def step(self, action):
        observation, reward, *rest = super().step(action)
        return observation, 2 * reward, *rest


class Inviting(ReasoningEnv):
    """Says that everything is legal."""

    def _mask(self):
        return np.ones(self.action_space.n, np.int8)


class Endless(TextReasoning):
    """Never cuts an episode off."""

    def step(self, action):
        said, reward, terminated, _, info = super().step(action)
        self._over, self.steps = terminated, 0
        return said, reward, terminated, False, info


class Credulous(TextReasoning):
    """Pays whoever says that it is solved."""

    def step(self, action):
        said, reward, *rest = super().step(action)
        return said, 1.0 if "24 solved" in action else reward, *rest


class Forgetful(TextReasoning):
    """Does not know which problem comes after a seed."""

    def reset(self, *, seed=None, options=None):
        return super().reset(seed=None if seed is None else CHANCE.randrange(10**6), options=options)


class Drifting(ReasoningEnv):
    """Shows another state when a node is come back to."""

    def step(self, action):
        observation, *rest = super().step(action)
        if rest[-1]["event"] == "back":
            observation["cursor"] = observation["cursor"] + 1
        return observation, *rest


class Leaking(ReasoningEnv):
    """Keeps the steps of the episode that a snapshot leaves."""

    def restore(self, snapshot):
        steps = self.steps
        super().restore(snapshot)
        self.steps = steps


class Rooted(ReasoningEnv):
    """Cannot be pickled."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.nothing = lambda: None


class Shapeless(TextReasoning):
    """Is rendered as no text."""

    def render(self):
        return 7


BROKEN_ENVS = {
    "oracle": [Paying],
    "at_random": [Inviting],
    "floor": [Credulous, Endless],
    "seeds": [Forgetful],
    "undo": [Drifting],
    "snapshot": [Leaking],
    "spec": [Rooted],
    "gymnasium": [Shapeless],
}
NUMERIC, TEXT = "MetaCoT/ReachIt-v0", "MetaCoT/ReachItText-v0"


def side_by_side(num_envs, off=0, **arguments):
    """A native vector environment, made of single ones whose seeds are `off`."""

    class Vector(SyncVectorEnv):
        def reset(self, *, seed=None, options=None):
            return super().reset(seed=None if seed is None else seed + off, options=options)

    return Vector([lambda: gym.make(NUMERIC, **arguments)] * num_envs)


def off_by_one(num_envs, **arguments):
    return side_by_side(num_envs, 1, **arguments)


@pytest.fixture
def known(monkeypatch):
    """A function that makes a task the one of its name; everything is forgotten after the test."""
    tasks.names()
    ids = set(gym.registry)
    monkeypatch.setattr(registry, "_factories", dict(registry._factories))

    def swap(task):
        if task.name in registry._factories:
            registry._factories[task.name] = task
        else:
            tasks.register(task.name, task)

    yield swap
    for name in set(gym.registry) - ids:
        del gym.registry[name]


def solution_length(problem):
    """The steps of a shortest solution, 0 where there is none or steps are free text."""
    length = 0 if problem.gold else shortest(*problem.data)
    return length if length < math.inf else 0


@pytest.mark.parametrize("task", [Reach, Essay])
def test_a_small_task_passes_by_name_and_as_itself(task, known):
    known(task)
    passed = check_task(task.name, 10)
    assert passed == check_task(task(), 10)
    assert passed.problems == 10
    assert passed.longest == max(map(solution_length, map(task().problem, [0] * 10, range(10))))
    without = {"no_numbers"} if task.n_actions else {"observe", "index", "mask", "move", "face", "expand", "words"}
    assert set(passed.rules) == set(RULES) - without


@pytest.mark.parametrize(("rule", "task"), [(rule, task) for rule, copies in BROKEN.items() for task in copies])
def test_the_rule_that_a_copy_breaks_is_named(rule, task, known):
    known(task)
    with pytest.raises(ContractError) as caught:
        check_task(task(), 8)
    assert caught.value.rule == rule
    assert str(caught.value).startswith(f"{rule}: ")
    assert len(caught.value.why) < 2000


@pytest.mark.parametrize(("rule", "env"), [(rule, env) for rule, envs in BROKEN_ENVS.items() for env in envs])
def test_the_rule_that_an_environment_breaks_is_named(rule, env, known):
    known(Reach)
    spec = gym.spec(TEXT if issubclass(env, TextReasoning) else NUMERIC)
    spec.entry_point = f"{__name__}:{env.__name__}"
    with pytest.raises(ContractError) as caught:
        check_task("reach_it", 2)
    assert caught.value.rule == rule


def test_a_native_vector_environment_is_held_to_the_single_one(known):
    known(Reach)
    gym.spec(NUMERIC).vector_entry_point = f"{__name__}:side_by_side"
    assert "vector" in check_task("reach_it", 5).rules
    gym.spec(NUMERIC).vector_entry_point = f"{__name__}:off_by_one"
    with pytest.raises(ContractError, match=r"vector: environment 0 of .*ReachIt-v0 \(vector_entry_point\) observes"):
        check_task("reach_it", 5)


def test_every_rule_is_broken_by_a_copy():
    assert set(RULES) == {*BROKEN, *BROKEN_ENVS, "vector"}
    assert all(RULES.values())


def test_a_task_that_is_not_registered_is_told_how():
    with pytest.raises(ContractError, match=r"registered: call metacot.tasks.register\('reach_it', Reach\)"):
        check_task(Reach())


def test_an_error_tells_its_rule_and_survives_pickling():
    error = pickle.loads(pickle.dumps(ContractError("splits", "(1, 2) is in two of them")))
    assert (error.rule, str(error)) == ("splits", "splits: (1, 2) is in two of them")


def test_what_a_task_raises_is_the_cause_of_the_error(known):
    known(BROKEN["illegal"][1])
    with pytest.raises(ContractError, match="illegal: raised ZeroDivisionError") as caught:
        check_task("reach_it", 5)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_distances_may_be_unknown_where_that_is_said(known):
    known(BROKEN["distance"][2])
    assert check_task("reach_it", 10, known=0.0).known_share < 0.95


def test_a_level_or_knobs_may_be_asked_for(known):
    known(Reach)
    assert check_task("reach_it", 2, difficulty="easy").difficulty == {"high": 40}
    with pytest.raises(ValueError, match="reach_it has no level 'impossible'; levels: easy, hard"):
        check_task("reach_it", 5, difficulty="impossible")
    with pytest.raises(KeyError, match="no task is called 'chess'"):
        check_task("chess")


# scripts and the command line ---------------------------------------------------------------------------------------

SCRIPT = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("base", {file!r})
sys.modules["base"] = base = importlib.util.module_from_spec(spec)
spec.loader.exec_module(base)
from metacot import tasks
from metacot.envs import check_task

class Mine(base.Reach):
    "The same in a script."
    name = "mine"

tasks.register("mine", Mine)
"""


@pytest.mark.parametrize("guard", ["if __name__ == '__main__':\n    ", ""])
def test_a_task_of_a_script_is_made_again_in_another_process(guard, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(file=__file__) + f"{guard}print(len(check_task(Mine(), 3).rules))\n")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    if guard:
        assert (done.returncode, done.stdout.strip()) == (0, str(len(RULES) - 1)), done.stderr
    else:
        assert (
            "process: another process cannot make the task: RuntimeError: this module calls check_task" in done.stderr
        )


def test_the_command_line_checks_a_task_and_its_levels(known, capsys):
    known(Reach)
    assert main(["check-task", "reach_it", "--problems", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["reach_it", "reach_it, easy", "reach_it, hard"]
    assert main(["check-task", "reach_it", "--problems", "3", "--difficulty", "high=50"]) == 0
    assert "3 problems" in capsys.readouterr().out
    assert main(["check-task", "chess"]) == 2


def test_the_command_line_names_the_rule_that_is_broken(known, capsys):
    known(BROKEN["heuristic"][0])
    assert main(["check-task", "reach_it", "--problems", "3"]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("reach_it breaks a rule of the contract: the heuristic is never negative")
    assert "heuristic: the heuristic of At(" in printed
