"""The datasets of reasoning-gym: what can be tested without the library, and, where it is installed, all of it."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pickle
import subprocess
import sys
from importlib.metadata import version

import gymnasium as gym
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from hypothesis import given
from hypothesis import strategies as st

import metacot.envs  # noqa: F401
from metacot.envs.single import answer_in
from metacot.tasks import Problem, make, names, split_of
from metacot.tasks.reasoning_gym import AUDIT, AUDITED, PREFIX, ReasoningGym
from metacot.tasks.reasoning_gym.audit import OURS
from metacot.tasks.reasoning_gym.expressions import Unreadable, antiderivative, expand, read, same_polynomial
from metacot.tasks.reasoning_gym.judges import JUDGES

INSTALLED = importlib.util.find_spec("reasoning_gym") is not None
SERVED = sorted(name for name, (who, _) in AUDIT.items() if who != "refused")
library = pytest.mark.skipif(not INSTALLED, reason="reasoning-gym is not installed")

HOSTILE = [
    *("", " ", "\0", "\ud800", "x" * 30_000, "[" * 5000, "(" * 5000, "9**9**9**9", "1e999999999", "1/0", "nan", "inf"),
    *("__import__('os').system('exit 1')", "{}", "[]", "null", "[1]", '{"a": {}}', "R999999999", "A+999999999"),
    *("0x" + "f" * 5000, "1" * 5000, "-" * 5000, "Move disk 9 from Peg 9 to Peg 9", "¬" * 3000 + "P", "a=b,c=d"),
]

# Without the library


def test_every_dataset_has_an_id_and_none_is_imported():
    ids = {env_id for env_id in gym.registry if env_id.startswith("MetaCoT/RG-")}
    assert ids == {f"MetaCoT/RG-{name}-v0" for name in AUDIT}
    assert len(AUDIT) == 106
    assert not any(name.startswith(PREFIX) for name in names())
    code = "import sys, metacot.envs; sys.exit('reasoning_gym' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_is_refused_says_why():
    with pytest.raises(ValueError, match="composite is refused: it is a mixture"):
        gym.make("MetaCoT/RG-composite-v0")
    with pytest.raises(ValueError, match=f"none of the 106 datasets of version {AUDITED}"):
        make("rg_unheard_of")


@pytest.mark.skipif(INSTALLED, reason="reasoning-gym is installed")
def test_without_the_library_the_extra_is_named():
    with pytest.raises(ImportError, match=r"metacot\[rg\]"):
        gym.make("MetaCoT/RG-countdown-v0")


def test_the_table_in_the_docs_is_the_table(root):
    page = (root / "docs" / "reasoning-gym.md").read_text(encoding="utf-8")
    for name, (who, why) in AUDIT.items():
        assert f"| `{name}` | {who} | {why} |" in page if who != "own" else f"`{name}`" in page


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        *(
            ("7", "7"),
            ("<think>\n8\n</think>\n7\n", "7"),
            ("<answer>7</answer>", "7"),
            ("<answer> a\nb </answer> x", "a\nb"),
        ),
        *(
            ("<answer>1</answer> no <answer>2</answer>", "2"),
            ("</think>" * 3, ""),
            ("<answer>7", "<answer>7"),
            ("", ""),
        ),
    ],
)
def test_the_answer_in_a_response(response, answer):
    assert answer_in(response) == answer


@pytest.mark.parametrize(
    ("judge", "answer", "entry", "right"),
    [
        ("arithmetic", "6*4*1*1", {"numbers": [3, 3, 8, 8]}, False),
        ("arithmetic", "8/(3-8/3)", {"numbers": [3, 3, 8, 8]}, True),
        ("arithmetic", "8*3+8/9", {"numbers": [3, 3, 8, 8]}, False),
        ("arithmetic", "8/(3-8/3) ", {"numbers": [3, 3, 8]}, False),
        ("arithmetic", "-3 + 27 + x", {"numbers": [3, 27]}, None),
        ("arithmetic", "-3 + 27", {"numbers": [3, 27]}, True),
        ("arithmetic", "3**3 - 3", {"numbers": [3, 3, 3]}, None),
        ("arithmetic", "2+3", {"numbers": [2, 3], "target": 5}, True),
        ("probability", "1/2", {"rational": {"numerator": 4, "denominator": 8}}, True),
        ("probability", "0.5", {"rational": {"numerator": 4, "denominator": 8}}, True),
        ("probability", "1e999999999", {"rational": {"numerator": 4, "denominator": 8}}, False),
        ("numbers", "['1', '2.5']", {"sorted_numbers": ["1.0", "2.5"]}, True),
        ("numbers", "['1', '3']", {"sorted_numbers": ["1.0", "2.5"]}, False),
        *(("complex_number", text, {"result": (4.0, -7.0)}, True) for text in ("4-7i", "4.0 - 7.0i", "(4 - 7j)")),
        *(("complex_number", text, {"result": (4.0, -7.0)}, False) for text in ("4+7i", "nan", "4", "-7i", "", "i4")),
        *(("complex_number", text, {"result": (0.0, 1.0)}, text != "-i") for text in ("i", "1i", "+i", "0+i", "-i")),
        *(("complex_number", text, {"result": (-3.0, 0.0)}, True) for text in ("-3", "-3+0i")),
        ("integral", "x**2/2 + C", {"integrand": "x", "variable": "x"}, True),
        ("moves", "R U R' U2", {}, True),
        ("moves", "R999999999", {}, False),
    ],
)
def test_judges_are_strict(judge, answer, entry, right):
    if right is None:
        with pytest.raises(Unreadable):
            JUDGES[judge](answer, {"metadata": entry})
    else:
        assert JUDGES[judge](answer, {"metadata": entry}) is right


@pytest.mark.parametrize(
    ("answer", "integrand", "right"),
    [
        ("-5*X**9 - 2*X**6/3 + 4*X**3 + C", "-45*X**8 - 4*X**5 + 12*X**2", True),
        ("-5*X^9 - 2*X^6/3 + 4*X^3", "-45*X**8 - 4*X**5 + 12*X**2", True),
        ("-5*X**9 - 2*X**6/3 + 4*X**3 + X/1000000", "-45*X**8 - 4*X**5 + 12*X**2", False),
        ("-exp(X)*sin(X) + exp(X)*cos(X) + C", "-2*exp(X)*sin(X)", True),
        ("E**X*(cos(X) - sin(X)) + 7", "-2*exp(X)*sin(X)", True),
        ("-4*(-2*X - 8)**(3/2)/3 + C", "4*sqrt(-2*X - 8)", True),
        ("log(X)", "1/X", True),
        ("X**X", "X**X*(log(X) + 1)", True),
        ("2*sqrt(X)", "1/sqrt(X)", True),
        ("atan(X)", "1/(X**2 + 1)", True),
        ("sin(X)**2", "2*sin(X)*cos(X)", True),
        ("-cos(X)**2", "2*sin(X)*cos(X)", True),
        ("C*X", "1", False),
        ("X*C - X*C", "0", True),
        ("-45*X**8", "-45*X**8", False),
    ],
)
def test_antiderivatives_are_known_by_their_derivative(answer, integrand, right):
    if answer == "C*X":  # a constant is one, but what it is multiplied by is an answer of another kind
        assert antiderivative(answer, integrand, "X")
    else:
        assert antiderivative(answer, integrand, "X") is right


@pytest.mark.parametrize(
    ("answer", "wanted", "right"),
    [
        ("-896*x**5 + 2240*x**4", "2240*x**4 - 896*x**5", True),
        ("x*y + y*x", "2*x*y", True),
        ("(x + 1)*(x - 1)", "x**2 - 1", False),
        ("x**2 - 1", "x**2 - 1", True),
        ("x**2", "x**2 - 1", False),
    ],
)
def test_polynomials_are_compared_term_by_term_and_written_out(answer, wanted, right):
    assert same_polynomial(answer, wanted) is right


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(",
        "x y",
        "2x",
        "__import__('os')",
        "x.y",
        "sin",
        "sin x",
        "x**",
        "1" * 13,
        "(" * 500,
        "-" * 500,
        "x" * 2000,
        "é",
    ],
)
def test_what_is_no_formula_is_unreadable(text):
    with pytest.raises(Unreadable):
        read(text)


@pytest.mark.parametrize("text", ["9**9**9**9", "exp(exp(exp(9)))", "sin(9**9**9)", "(x**64)**64", "q + x", "C" * 5])
def test_formulas_that_explode_or_have_no_value_are_unreadable(text):
    with pytest.raises(Unreadable):
        antiderivative(text, "1", "y")


@given(st.text(alphabet="x1C+-*/^() sinexp.,", max_size=40))
def test_no_formula_raises_anything_else(text):
    for use in (read, lambda text: antiderivative(text, "x", "x"), lambda text: expand(read(text))):
        with contextlib.suppress(Unreadable, ArithmeticError):
            use(text)


# With the library (one of its parts leaves files open)


@library
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", SERVED)
def test_every_dataset_is_served(name):
    task = make(PREFIX + name)
    assert isinstance(task, ReasoningGym)
    problem = task.problem(3, 1)
    assert problem == make(PREFIX + name).problem(3, 1)
    assert problem == Problem.from_json(problem.to_json())
    assert split_of("reasoning-gym", task.problem_key(problem)) == "train"
    for answer in HOSTILE:
        assert task.check(problem, answer).correct is (answer.strip() == problem.gold), answer[:40]
    assert task.check(problem, None).correct is False
    if problem.gold is not None:
        assert task.check(problem, problem.gold).correct is True


@library
def test_the_scorers_are_those_that_were_read():
    make("rg_ab")
    from reasoning_gym.factory import DATASETS

    assert version("reasoning-gym") == AUDITED
    assert set(DATASETS) == set(AUDIT)


@library
def test_an_item_of_the_library_can_be_posed():
    task = make("rg_countdown")
    import reasoning_gym  # its warnings are over once a task is made

    problem = task.pose(42)
    assert problem.data[0] == reasoning_gym.create_dataset("countdown", seed=42, size=1)[0]["question"]
    assert task.check(problem, problem.gold).correct
    for data in [(), (-1,), (1, 2), ("1",), (1 << 31,)]:
        with pytest.raises(ValueError, match="a problem is a whole number"):
            task.pose(*data)


@library
def test_knobs_are_the_configuration():
    task = make("rg_countdown")
    problem = task.problem(0, 0, min_numbers=3, max_numbers=3)
    assert problem.difficulty == {"min_numbers": 3, "max_numbers": 3}
    assert problem != task.problem(0, 1, min_numbers=3, max_numbers=3)
    assert {task.problem(0, 0, split).split for split in task.splits} == set(task.splits)
    with pytest.raises(ValueError, match="no difficulty 'size' here; known: min_numbers"):
        task.problem(0, 0, size=1)
    with pytest.raises(ValueError, match="refuses"):
        task.problem(0, 0, min_numbers=9, max_numbers=3)
    with pytest.raises(ValueError, match="no difficulty"):
        task.count("train", no_such_knob=1)
    with pytest.raises(ValueError, match="unknown split"):
        task.problem(0, 0, "night")


@library
@pytest.mark.parametrize("name", ["countdown", "mini_sudoku", "rush_hour"])
def test_an_environment_asks_and_judges_once(name):
    env = gym.make(f"MetaCoT/RG-{name}-v0", render_mode="ansi")
    with pytest.raises(ResetNeeded):
        env.step("7")
    question, info = env.reset(seed=5)
    assert question in env.observation_space
    assert question.strip() == env.unwrapped.task.problem(5, 0).data[0].strip()
    assert info == {"success": False}
    assert env.render()
    start = pickle.loads(pickle.dumps(env.unwrapped.snapshot()))
    observation, reward, terminated, truncated, info = env.step("I do not know")
    assert (observation, reward, terminated, truncated, info["success"]) == ("", 0.0, True, False, False)
    with pytest.raises(ResetNeeded):
        env.step("7")
    gold = env.unwrapped.problem.gold
    if gold is not None:
        env.unwrapped.restore(start)
        _, reward, terminated, _, info = env.step(f"I think so.</think>\n<answer>{gold}</answer>")
        assert (reward, terminated, info["success"], info["answer"]) == (1.0, True, True, gold)
        assert info["trace"].problem == env.unwrapped.problem
    again = gym.make(EnvSpec.from_json(json.dumps(json.loads(env.spec.to_json()))))
    assert again.reset(seed=5)[0] == question
    for answer in HOSTILE:
        env.reset(seed=1)
        assert env.step(answer)[1] == 0.0
    with pytest.raises(TypeError, match="an action is text"):
        env.reset() and env.step(7)


@library
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_hostile_answers_run_nothing(tmp_path):
    mark = tmp_path / "ran"
    code = f"__import__('pathlib').Path({os.fspath(mark)!r}).touch()"
    for name in OURS:
        task = make(PREFIX + name)
        task.check(task.problem(0, 0), code)
    assert not mark.exists()
