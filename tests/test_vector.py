"""The native vector environment: equal to single environments, step for step; its seeds, arguments and refusals."""

from __future__ import annotations

import math
import subprocess
import sys

import gymnasium as gym
import numba
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode
from hypothesis import given, settings
from hypothesis import strategies as st

import metacot.envs  # noqa: F401  # registers the ids
from metacot.envs.vector import VectorReasoning, has_rules, kernels

NATIVE = "vector_entry_point"
ENVS = 5

arguments = st.fixed_dictionaries(
    {
        "budget": st.sampled_from([1, 3, 9]),
        "memory": st.sampled_from(["tree", "cursor"]),
        "flat": st.booleans(),
        "on_solved": st.sampled_from(["end", "continue"]),
        "rewards": st.sampled_from([None, {"outcome:0.9": 1.0, "steps": -0.25}]),
        "split": st.sampled_from(["train", "test"]),
    }
)
problems = st.sampled_from(
    [
        ("Game24", {}),
        ("Game24", {"high": 3}),
        ("Game24", {"high": 25, "target": 10, "solvable": "mixed"}),
        ("Countdown", {}),
        ("Countdown", {"numbers": 3, "high": 4, "target_high": 12}),
        ("Countdown", {"numbers": 6, "rules": "integer", "use": "any"}),
        ("Countdown", {"numbers": 5, "rules": "integer", "high": 9}),
        ("Countdown", {"numbers": 5, "use": "any", "high": 9}),
        ("Maze", {"size": 5}),
        ("Maze", {"size": 4, "generator": "wilson"}),
    ]
)


def same(one, other):
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one.dtype == other.dtype and one.shape == other.shape and bool((one == other).all())


def compared(native, single, keys=("action_mask", "success", "reached")):
    """Raises AssertionError where the two returned different things."""
    *ours, info = native
    *theirs, other = single
    for one, two in zip(ours, theirs, strict=True):
        assert same(one, two)
    for key in keys:
        assert same(info[key], other[key]), key
        assert same(info[f"_{key}"], other[f"_{key}"]), key


@settings(max_examples=40)
@given(problems, arguments, st.integers(0, 1000), st.integers(0, 2**32 - 1), st.booleans())
def test_a_vector_is_its_environments_step_for_step(problem, given_, seed, chance, masked):
    name, difficulty = problem
    given_ = given_ | {"difficulty": difficulty}
    native = gym.make_vec(f"MetaCoT/{name}-v0", ENVS, NATIVE, **given_)
    single = gym.make_vec(f"MetaCoT/{name}-v0", ENVS, "sync", **given_)
    assert native.observation_space == single.observation_space
    assert native.action_space == single.action_space
    rng = np.random.default_rng(chance)
    returned = native.reset(seed=seed)
    compared(returned, single.reset(seed=seed))
    assert returned[0] in native.observation_space
    count = native.single_action_space.n
    for _ in range(30):
        if masked:
            legal = [np.flatnonzero(row) for row in returned[-1]["action_mask"]]
            actions = np.array([rng.choice(row) for row in legal])
        else:
            actions = rng.integers(-2, count + 2, ENVS)
        returned = native.step(actions)
        compared(returned, single.step(actions))
    assert returned[0] in native.observation_space


@pytest.mark.parametrize("name", ["Game24", "Countdown", "Maze"])
def test_solutions_are_found_and_paid(name):
    """Random play with many environments reaches goals, so that equality above is about them as well."""
    knobs = {"Game24": {"high": 4}, "Countdown": {"numbers": 3, "use": "any", "high": 9}, "Maze": {"size": 4}}[name]
    native = gym.make_vec(f"MetaCoT/{name}-v0", 64, NATIVE, difficulty=knobs)
    single = gym.make_vec(f"MetaCoT/{name}-v0", 64, "sync", difficulty=knobs)
    rng = np.random.default_rng(1)
    returned = native.reset(seed=3)
    compared(returned, single.reset(seed=3))
    paid = 0
    for _ in range(40):
        mask = returned[-1]["action_mask"]
        steps = [np.flatnonzero(row[: native.unwrapped.task.n_actions]) for row in mask]
        rows = [row if row.size else np.flatnonzero(all_)[:-1] for row, all_ in zip(steps, mask, strict=True)]
        actions = np.array([rng.choice(row) if row.size else 0 for row in rows])
        returned = native.step(actions)
        compared(returned, single.step(actions))
        paid += returned[1].sum()
    assert paid > 3


def observed(envs, seed):
    return envs.reset(seed=seed)[0]["cursor"]


def test_seeds_are_honest_and_a_group_shares_a_problem():
    envs = gym.make_vec("MetaCoT/Countdown-v0", 4)
    assert isinstance(envs, VectorReasoning)
    assert envs.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    apart = observed(envs, 7)
    assert len({row.tobytes() for row in apart}) == 4
    assert same(apart[1:], observed(envs, 8)[:3])
    group = observed(envs, [7, 7, 7, 9])
    assert same(group[0], group[1])
    assert same(group[0], apart[0])
    assert same(group[3], apart[2])
    assert [envs.problem(env).seed for env in range(4)] == [7, 7, 7, 9]
    second = envs.reset()[0]["cursor"]
    assert [envs.problem(env).index for env in range(4)] == [1] * 4
    assert same(second[0], second[2])
    kept = envs.reset(seed=[None, None, None, 7])[0]["cursor"]
    assert [(envs.problem(env).seed, envs.problem(env).index) for env in range(4)] == [(7, 2)] * 3 + [(7, 0)]
    assert not same(kept[0], kept[3])


def test_problems_drawn_ahead_go_on_across_blocks_of_addresses():
    given_ = {"difficulty": {"size": 20, "generator": "prim"}}  # two to a block
    native, single = (gym.make_vec("MetaCoT/Maze-v0", 2, mode, **given_) for mode in (NATIVE, "sync"))
    compared(native.reset(seed=5), single.reset(seed=5))
    for _ in range(18):
        compared(native.reset(), single.reset())


def test_without_a_seed_there_are_problems_too():
    envs = gym.make_vec("MetaCoT/Game24-v0", 3, NATIVE)
    envs.reset()
    assert len({envs.problem(env).seed for env in range(3)}) == 3


@pytest.mark.parametrize(("difficulty", "steps"), [("easy", 32), ("hard", 80)])
def test_the_budget_is_that_of_the_task_unless_it_is_given(difficulty, steps):
    assert VectorReasoning("maze", 2, difficulty=difficulty).reset(seed=0)[0]["steps_left"].tolist() == [steps] * 2
    assert VectorReasoning("maze", 2, difficulty=difficulty, budget=7).budget == 7


def test_what_is_returned_is_left_alone():
    envs = gym.make_vec("MetaCoT/Game24-v0", 3, NATIVE)
    first, info = envs.reset(seed=0)
    kept = {key: value.copy() for key, value in first.items()}, info["action_mask"].copy(), info["reached"].copy()
    for _ in range(5):
        envs.step(np.zeros(3, int))
    assert same(first, kept[0])
    assert same(info["action_mask"], kept[1])
    assert same(info["reached"], kept[2])


@pytest.mark.parametrize(
    ("given_", "reason"),
    [
        ({"value": "oracle"}, "has no value; use vectorization_mode='sync'"),
        ({"trial": {"episodes": 2}, "render_mode": "ansi"}, "has no render_mode, trial"),
        ({"rewards": {"outcome": 1.0, "shaping": 1.0}}, "a reward is one of"),
        ({"budget": 0}, "budget must be a whole number"),
        ({"on_solved": "stop"}, "on_solved must be one of end, continue"),
        ({"memory": "all"}, "memory must be one of"),
        ({"num_envs": 0}, "num_envs must be"),
        ({"split": "night"}, "unknown split"),
        ({"difficulty": "odd"}, "has no level 'odd'"),
    ],
)
def test_what_it_does_not_have_is_refused_by_name(given_, reason):
    with pytest.raises(ValueError, match=reason):
        VectorReasoning("game24", **{"num_envs": 2, **given_})


def test_misuse_is_named():
    envs = VectorReasoning("game24", 2)
    with pytest.raises(ResetNeeded):
        envs.step(np.zeros(2, int))
    with pytest.raises(ValueError, match="no reset options, got 'index'"):
        envs.reset(options={"index": 3})
    with pytest.raises(ValueError, match="2 seeds are needed, got 3"):
        envs.reset(seed=[1, 2, 3])
    envs.reset(seed=0)
    with pytest.raises(ValueError, match="actions must be 2 whole numbers"):
        envs.step(np.zeros(3, int))


def test_tasks_without_rules_on_arrays_are_refused():
    assert not has_rules(lambda: None)
    native = {spec.id for spec in gym.registry.values() if spec.id.startswith("MetaCoT/") and spec.vector_entry_point}
    assert {"MetaCoT/Game24-v0", "MetaCoT/Countdown-v0", "MetaCoT/Maze-v0"} <= native
    assert not any("Text" in env_id for env_id in native)
    with pytest.raises(ValueError, match=r"math has no native vector|cannot"):
        VectorReasoning("math", 2)


def test_a_maze_may_show_its_whole_board():
    given_ = {"task_options": {"board": 5}, "difficulty": {"size": 5}, "memory": "cursor"}
    native, single = (gym.make_vec("MetaCoT/Maze-v0", 3, mode, **given_) for mode in (NATIVE, "sync"))
    compared(native.reset(seed=1), single.reset(seed=1))
    for action in (0, 1, 2, 3, 1, 2):
        compared(native.step(np.full(3, action)), single.step(np.full(3, action)))
    with pytest.raises(ValueError, match="boards of side 5"):
        gym.make_vec("MetaCoT/Maze-v0", 3, NATIVE, **given_ | {"difficulty": {"size": 6}})


@pytest.fixture
def uncompiled():
    """Nothing is compiled yet, and what a test compiles is forgotten."""
    kernels.compiled.cache_clear()
    yield
    kernels.compiled.cache_clear()


def test_without_numba_the_extra_and_the_other_way_are_named(monkeypatch, uncompiled):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(ImportError, match=r"pip install 'metacot\[vector\]'; or use vectorization_mode='sync'"):
        gym.make_vec("MetaCoT/Maze-v0", 2)
    gym.make_vec("MetaCoT/Maze-v0", 2, "sync").reset(seed=0)


def test_numba_is_loaded_when_an_environment_is_made():
    code = "import sys, metacot.envs.vector; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_where_no_cache_can_be_kept_every_process_compiles_its_own(monkeypatch, uncompiled):
    njit = numba.njit

    def nowhere(kernel, cache=False):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(kernel)

    monkeypatch.setattr(numba, "njit", nowhere)
    assert kernels.compiled(one_more)(2) == 3


def one_more(number):
    return number + 1


@given(st.floats(0, 2.0**60))
def test_machine_code_takes_the_logarithms_that_python_takes(value):
    """Otherwise numbers would be seen differently in vectors and alone, in the last bit."""
    assert LOG(value) == math.log1p(value)


LOG = numba.njit(lambda value: math.log1p(value))
