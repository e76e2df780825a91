"""Ids, what is made of them, vector environments, tasks that come later, and docstrings that are documentation."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import partial

import gymnasium as gym
import numpy as np
import pytest

import metacot.envs
from metacot import tasks
from metacot.envs import ReasoningEnv, TextReasoning, Trial, env_ids
from metacot.tasks import IllegalStep, Problem, Task, UnreadableStep, Verdict, registry

HEADINGS = "Task", "Observation", "Actions", "Reward", "Episode end", "Arguments", "Registered ids", "Version history"


class Climb(Task[int, int]):
    """Climb from 0 to the top by ones and twos."""

    name = "climb_stairs"
    dead_ends = True
    words = ("up", "é")
    n_actions, shape, low, high = 2, (1,), 0, 100

    def problem(self, seed, index, split="train", **difficulty):
        return Problem(self.name, (3 + (seed + index) % 5,), seed, index, split, difficulty)

    def pose(self, *data):
        return Problem(self.name, data)

    def start(self, problem):
        return problem.data[0] * 100

    def steps(self, state):
        return [step for step in (1, 2) if state % 100 + step <= state // 100]

    def apply(self, state, step):
        if step not in self.steps(state):
            raise IllegalStep("too high")
        return state + step

    def solved(self, state):
        return state % 100 == state // 100

    def ask(self, problem):
        return f"climb {problem.data[0]}é"

    def show(self, state):
        return f"{state % 100} of {state // 100}"

    def write(self, state, step):
        return f"up {step}"

    def read(self, state, text):
        if text not in ("up 1", "up 2"):
            raise UnreadableStep("a step is: up 1, or up 2")
        return int(text[-1])

    def answer(self, problem, steps):
        return " ".join(map(str, steps))

    def check(self, problem, answer):
        return Verdict(
            re.fullmatch("([12] )*[12]", answer) is not None and sum(map(int, answer.split())) == problem.data[0], ""
        )

    def index(self, state, step):
        return step - 1

    def observe(self, state):
        return np.array([state % 100], np.float32)


class Essay(Climb):
    """Steps are free text."""

    name = "essay"
    enumerable = False


@pytest.fixture
def registered(monkeypatch):
    """Registers tasks for one test; afterwards the registries are as before."""
    monkeypatch.setattr(registry, "_factories", dict(registry._factories))
    before = set(gym.registry)
    yield tasks.register
    for env_id in set(gym.registry) - before:
        del gym.registry[env_id]


def test_ids_are_there_after_the_import_and_by_the_module_prefix():
    code = (
        "import gymnasium as gym\n"
        "env = gym.make('metacot.envs:MetaCoT/Game24-v0')\n"
        "assert env.reset(seed=0)[0]['steps_left'] == 32\n"
        "assert gym.make('MetaCoT/Game24Text-v0').reset(seed=0)[0].startswith('use ')\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_registering_again_is_harmless():
    before = dict(gym.registry)
    for name in tasks.names():
        tasks.register(name, registry.factory(name))
    assert dict(gym.registry) == before


def test_a_task_registered_later_gets_its_ids(registered):
    registered("climb_stairs", Climb)
    assert env_ids("climb_stairs") == ("MetaCoT/ClimbStairs-v0", "MetaCoT/ClimbStairsText-v0")
    env = gym.make("MetaCoT/ClimbStairs-v0", budget=8)
    env.reset(seed=0)
    assert [env.step(1)[2] for _ in range(1)] == [False]
    assert env.step(0)[1:3] == (1.0, True)
    env = gym.make("MetaCoT/ClimbStairsText-v0")
    prompt, _ = env.reset(seed=0)
    assert prompt in env.observation_space, "the charset holds the words of the task"
    assert env.step("up 2\nup 1\nanswer 2 1")[1] == 1.0
    assert "An example" not in env.unwrapped.instructions("full"), "no exact distances, no worked example"


def test_a_task_without_a_list_of_steps_is_text_only(registered):
    registered("essay", Essay)
    assert env_ids("essay") == ("MetaCoT/EssayText-v0",)
    assert "MetaCoT/Essay-v0" not in gym.registry
    env = gym.make("MetaCoT/EssayText-v0")
    env.reset(seed=0)
    assert env.step("up 2\nup 1\nanswer 1 2")[1] == 1.0
    with pytest.raises(ValueError, match="cannot be listed"):
        ReasoningEnv("essay")
    with pytest.raises(ValueError, match="cannot list"):
        TextReasoning("essay", feedback="random")
    registered("essay_too", partial(Essay))
    with pytest.raises(ValueError, match="cannot be listed"):
        gym.make("MetaCoT/EssayToo-v0")


def test_two_tasks_do_not_share_an_id(registered):
    with pytest.raises(ValueError, match="would take the id MetaCoT/Game24-v0 of 'game24'"):
        registered("game_24", Climb)


def test_a_task_may_be_given_as_an_object():
    env = ReasoningEnv(Climb())
    env.reset(seed=1)
    assert env.task.name == "climb_stairs"
    with pytest.raises(ValueError, match="task_options are for a task given by name"):
        ReasoningEnv(Climb(), task_options={"top": 3})


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_numeric_environments_in_vectors(mode):
    envs = gym.make_vec("MetaCoT/Game24-v0", num_envs=3, vectorization_mode=mode)
    try:
        observations, infos = envs.reset(seed=[7, 7, 8])
        assert infos["action_mask"].shape == (3, 65)
        assert infos["action_mask"].dtype == np.int8
        assert (observations["cursor"][0] == observations["cursor"][1]).all(), "one seed, one problem"
        for _ in range(40):
            actions = [np.flatnonzero(mask)[0] for mask in infos["action_mask"]]
            observations, _, _, _, infos = envs.step(np.array(actions))
            assert observations in envs.observation_space
    finally:
        envs.close()


def test_sync_vectors_of_text():
    envs = gym.make_vec("MetaCoT/Game24Text-v0", num_envs=2, vectorization_mode="sync")
    prompts, _ = envs.reset(seed=3)
    assert all(prompt.startswith("use ") for prompt in prompts)
    answers, *_ = envs.step(("hm", "back #0"))
    assert answers[0] == "refused not an action\n"


@pytest.mark.parametrize("env_class", [ReasoningEnv, TextReasoning, Trial])
def test_docstrings_have_the_headings_of_a_documentation_page(env_class):
    found = re.findall(r"^    ## (.+)$", env_class.__doc__, re.MULTILINE)
    assert tuple(found) == HEADINGS
    sections = re.split(r"^    ## .+$", env_class.__doc__, flags=re.MULTILINE)
    assert all(section.strip() for section in sections)


@pytest.mark.parametrize("env_class", [ReasoningEnv, TextReasoning, Trial])
def test_every_argument_is_documented(env_class):
    section = env_class.__doc__.partition("## Arguments")[2].partition("## Registered ids")[0]
    arguments = [name for name in env_class.__init__.__annotations__ if name != "return"]
    assert [name for name in arguments if f"`{name}`" not in section] == []


def test_the_face_of_the_room():
    classes = ["ContractError", "Curriculum", "ReasoningEnv", "RecordExploration", "Shaped", "SingleAttempt"]
    classes += ["StepBudget", "TextReasoning", "TokenBudget", "Trial", "VectorReasoning"]
    assert sorted(metacot.envs.__all__) == [*classes, "check_task", "env_ids", "explorations", "instructions"]
