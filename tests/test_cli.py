"""The `metacot` command: every verb, what it prints, its exit status, and one clear line for what a user gets wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from metacot import __version__, tasks
from metacot.agents import pipeline, tracking
from metacot.agents.evaluation import Episode, Evaluation, SystemResult, measure
from metacot.agents.evaluation.systems import PAIRS
from metacot.agents.presets import PRESETS
from metacot.agents.run_folder import RunFolder
from metacot.agents.search import ALGORITHMS, best_first
from metacot.cli import VERBS, main, parser
from metacot.rewards import OracleValue
from metacot.tasks.game24 import hands

GAME = tasks.make("game24")


@pytest.fixture
def metacot(capsys):
    """A function that runs the command and returns (exit status, stdout, stderr)."""

    def run(*words: object) -> tuple[int, str, str]:
        try:
            status = main([str(word) for word in words])
        except SystemExit as left:  # argparse
            status = left.code
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def puzzles(tmp_path):
    """A function that writes a file of so many puzzles."""

    def write(count: int) -> Path:
        rows = [f"{rank},{' '.join(map(str, hand))},{90 - rank / 100}%" for rank, hand in enumerate(hands(), 1)]
        path = tmp_path / "puzzles.csv"
        path.write_text("\n".join(["Rank,Puzzles,Solved rate", *rows[:count]]))
        return path

    return write


# help ---------------------------------------------------------------------------------------------------------------


def test_the_command_without_a_verb_is_answered_with_its_usage(metacot):
    status, out, said = metacot()
    assert (status, out) == (2, "")
    assert "usage: metacot" in said


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_help_page(metacot, verb):
    status, out, _ = metacot(verb, "--help")
    assert status == 0
    assert f"usage: metacot {verb}" in out
    assert VERBS[verb].split()[-1] in out


def test_the_version_is_printed(metacot):
    assert metacot("--version")[:2] == (0, f"metacot {__version__}\n")


def test_asking_for_help_imports_no_library():
    code = """
import sys
from metacot.cli import main
try:
    main(["--help"])
except SystemExit:
    print(sorted({"torch", "numpy", "gymnasium", "tqdm", "metacot.tasks"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_presets_of_the_help_page_are_those_there_are():
    [action] = [action for action in parser().parse_args(["demo"]).__dict__.items() if action[0] == "preset"]
    assert action == ("preset", "demo")
    for name in PRESETS:
        assert parser().parse_args(["demo", "--preset", name]).preset == name
    with pytest.raises(SystemExit):
        parser().parse_args(["demo", "--preset", "huge"])


# one problem --------------------------------------------------------------------------------------------------------


def test_list_says_of_every_task_what_it_is_its_levels_and_its_ids(metacot):
    status, out, _ = metacot("list")
    assert status == 0
    block = (
        "game24\n"
        "    Combine the numbers with + - * / until one is left and it equals the target.\n"
        "    levels: easy (high=6), medium, hard (low=5 high=25)\n"
        "    ids: MetaCoT/Game24-v0 MetaCoT/Game24Text-v0\n"
    )
    assert block in out
    assert [line for line in out.splitlines() if not line.startswith(" ")] == tasks.names()
    assert out.count("    ids: ") == len(tasks.names())


def test_list_tells_why_a_task_cannot_be_made(metacot, monkeypatch):
    monkeypatch.setattr(tasks.registry, "_factories", dict(tasks.registry._factories))

    def needs_more():
        raise ImportError("pip install 'metacot[more]'")

    tasks.registry._factories["zebra"] = needs_more
    assert "zebra\n    cannot be made: pip install 'metacot[more]'\n" in metacot("list")[1]


def test_show_prints_the_question_and_what_is_known(metacot):
    status, out, _ = metacot("show", "game24", "--seed", 3, "--index", 7, "--split", "test")
    problem = GAME.problem(3, 7, "test")
    assert status == 0
    assert out.startswith(f"{GAME.ask(problem)}\n")
    for fact in ("seed 3, index 7, split test", "solvable       1", "3 steps to a solution", "without backtracking"):
        assert fact in out


def test_show_takes_a_problem_of_ones_own(metacot):
    assert "distance       no solution" in metacot("show", "game24", "--problem", "1 1 1 1")[1]
    assert metacot("show", "game24", "--problem", "[[1, 1, 1, 1], 4]")[1].startswith("use 1 1 1 1 to make 4\n")


def test_show_takes_a_level_and_knobs_that_change_it(metacot):
    assert "low=5 high=25" in metacot("show", "game24", "--difficulty", "hard")[1]
    assert "low=5 high=20" in metacot("show", "game24", "--difficulty", "hard", "high=20")[1]


def test_show_takes_difficulty(metacot):
    out = metacot("show", "game24", "--difficulty", "high=20", "target=36", "solvable=mixed")[1]
    assert "to make 36" in out


def test_show_reads_a_file_of_puzzles(metacot, puzzles):
    out = metacot("show", "game24", "--puzzles", puzzles(1000), "--split", "puzzles")[1]
    assert "split puzzles" in out
    assert "of people" in out


@pytest.mark.parametrize("search", ["depth_first", "best_first", "mcts"])
def test_solve_prints_a_trace_that_reads_back_and_a_verified_answer(metacot, search):
    status, out, _ = metacot("solve", "game24", "--problem", "3 3 8 8", "--search", search, "--value", "noisy:0.1")
    prompt, trace, conclusion = out.split("<think>\n")[0], *out.split("<think>\n")[1].split("\n\n")
    assert status == 0
    assert prompt == "use 3 3 8 8 to make 24\n"
    assert tasks.replay(GAME, tasks.parse(GAME, GAME.pose((3, 3, 8, 8)), trace + "\n", strict=True)).success
    assert "right, makes 24" in conclusion


def test_solve_gives_up_rightly_where_there_is_no_solution(metacot):
    status, out, _ = metacot("solve", "game24", "--problem", "1 1 1 1")
    assert status == 0
    assert "gave up: right, the problem has no solution" in out


def test_solve_says_that_its_budget_was_too_small(metacot):
    status, out, _ = metacot("solve", "game24", "--budget", 1)
    assert status == 1
    assert "no solution within 1 nodes" in out


def test_solve_prints_json(metacot):
    status, out, _ = metacot("solve", "game24", "--seed", 4, "--json")
    found = json.loads(out)
    problem = tasks.Problem.from_json(json.dumps(found["problem"]))
    assert status == 0
    assert problem == GAME.problem(4, 0)
    assert GAME.check(problem, found["answer"]).correct
    assert found["verdict"]["correct"]
    assert found["source"] == best_first(GAME, problem, OracleValue(), seed=4).source
    assert found["text"].endswith(f"answer {found['answer']}\n")
    assert found["visited"] >= 3


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ("8 / (3 - 8 / 3)", 0, "right, makes 24\n"),
        ("6*4*1*1", 1, "wrong, uses 1 1 4 6, the hand is 3 3 8 8\n"),
        ("", 1, "wrong, the answer is empty\n"),
        ("9**9**9**9", 1, "wrong, '**' (power) is not allowed\n"),
    ],
)
def test_check_judges_an_answer(metacot, answer, status, said):
    assert metacot("check", "game24", "--problem", "3 3 8 8", "--answer", answer) == (status, said, "")


def test_the_output_may_be_cut_short():
    command = f"{sys.executable} -m metacot.cli solve game24 --problem '1 1 1 1' | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("use 1 1 1 1 to make 24\n", "")


# what a user gets wrong ---------------------------------------------------------------------------------------------

WRONG = [
    ("show chess", "no task is called 'chess'; known: "),
    ("show game24 --problem word", "a hand is 4 whole numbers"),
    ("show game24 --problem", "expected one argument"),
    ("show game24 --problem [1", "Expecting ',' delimiter"),
    (f"show game24 --problem {'[' * 100_000}", "recursion"),
    ("show game24 --index 5000", "there is no index 5000"),
    ("show game24 --index -1", "a whole number, 0 or more, is needed, got -1"),
    ("show game24 --split night", "unknown split 'night'"),
    ("show game24 --difficulty height=3", "there is no difficulty 'height' here; known: low, high, target, solvable"),
    ("show game24 --difficulty high", "no level 'high'; levels: easy, medium, hard"),
    ("show game24 --difficulty high=99", "high=99"),
    ("show game24 --puzzles nowhere.csv", "nowhere.csv: No such file or directory"),
    ("solve game24 --search dream", "no search is called 'dream'; known: depth_first, breadth_first, beam"),
    ("solve game24 --value gut", "a value is one of oracle"),
    ("solve game24 --budget many", "invalid"),
    ("demo --workers 0", "at least 1 is needed"),
    ("demo --wandb-online", "--wandb PROJECT"),
    ("demo --puzzles nowhere.csv", "nowhere.csv: No such file or directory"),
    ("table nowhere", "nowhere holds no run (there is no config.json)"),
    ("report nowhere", "nowhere holds no run (there is no config.json)"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[words[:40] for words, _ in WRONG])
def test_a_mistake_is_one_line_and_status_2(metacot, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    status, out, error = metacot(*words.split())
    assert (status, out) == (2, "")
    assert error.splitlines()[-1].startswith(f"metacot {words.split()[0]}: ")
    assert said in error.splitlines()[-1]
    assert len(error.splitlines()) == 1 or error.startswith("usage: ")
    assert [*tmp_path.iterdir()] == []


def test_a_file_that_is_no_file_of_puzzles_is_refused_at_once(metacot, tmp_path, puzzles):
    (tmp_path / "notes.txt").write_text("milk\neggs\n")
    said = metacot("demo", "--out", tmp_path / "run", "--puzzles", tmp_path / "notes.txt")[2]
    assert "line 2: the columns Rank and Puzzles are needed" in said
    said = metacot("demo", "--out", tmp_path / "run", "--puzzles", puzzles(900))[2]
    assert "too short: rows 901-1000 are the ones held out" in said
    assert not (tmp_path / "run").exists()


def test_a_missing_extra_is_named_with_the_command(metacot, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch", None)
    status, _, said = metacot("demo", "--out", tmp_path)
    assert (status, said) == (2, "metacot demo: not installed: torch; pip install 'metacot[train]'\n")
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert metacot("demo", "--out", tmp_path, "--wandb", "mine")[2].endswith("wandb; pip install 'metacot[wandb]'\n")


def test_a_folder_of_another_run_is_refused(metacot, tmp_path):
    RunFolder(tmp_path, PRESETS["smoke"], 0)
    status, _, said = metacot("demo", "--preset", "smoke", "--seeds", 1, "--out", tmp_path)
    assert status == 2
    assert said.endswith("holds a run with other settings or another seed; choose another --out\n")


# demo ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def runs(monkeypatch):
    """What the pipeline was asked to do; nothing is done."""
    asked = []

    def run(settings, out, seed=0, *, workers=None, trackers=lambda folder: []):
        asked.append((settings, out, seed, workers, trackers(out)))

    monkeypatch.setattr(pipeline, "run", run)
    return asked


def test_demo_runs_the_preset_in_the_folder(metacot, tmp_path, runs):
    assert metacot("demo", "--preset", "smoke", "--out", tmp_path, "--workers", 2)[0] == 0
    assert runs == [(PRESETS["smoke"], tmp_path, 0, 2, [])]


def test_demo_makes_one_folder_a_seed_and_puts_them_side_by_side(metacot, tmp_path, monkeypatch):
    asked = []

    def run(settings, out, seed=0, *, workers=None, trackers=lambda folder: []):
        asked.append((out, seed))
        solved = Episode(0, 0, seed > 0, seed > 0, 3, 9, 20, 0, 0, 0, 0)
        systems = (SystemResult("sft", "SFT", "greedy", 1, (solved,)),)
        evaluation = Evaluation("game24", "test", seed, (3,), (GAME.problem(0, 0, "test"),), {}, systems)
        (out / "eval.json").write_text(evaluation.to_json())

    monkeypatch.setattr(pipeline, "run", run)
    out = metacot("demo", "--preset", "full", "--seeds", 0, 1, 2, "--out", tmp_path)[1]
    assert asked == [(tmp_path / f"seed{seed}", seed) for seed in range(3)]
    assert f"seed 2, in {tmp_path / 'seed2'}" in out
    assert "SFT, greedy" in out
    assert "66.7 (0.0-100.0)" in out


def test_demo_takes_a_file_of_puzzles_from_any_folder(metacot, tmp_path, runs, puzzles, monkeypatch):
    path = puzzles(1000)
    monkeypatch.chdir(tmp_path)
    assert metacot("demo", "--puzzles", path.name, "--out", tmp_path / "run")[0] == 0
    assert runs[0][0] == replace(PRESETS["demo"], task_options={"puzzles": str(path)})


def test_demo_takes_a_model_folder_and_refuses_what_is_none(metacot, tmp_path, runs):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"model_type": "llama"}')
    assert metacot("demo", "--model", tmp_path / "model", "--out", tmp_path / "run")[0] == 0
    assert runs[0][0].model.name == str(tmp_path / "model")
    status, _, said = metacot("demo", "--model", tmp_path / "none", "--out", tmp_path / "other")
    assert status == 2
    assert said.startswith(f"metacot demo: --model {tmp_path / 'none'}: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("online", [False, True])
def test_demo_logs_to_wandb_offline_unless_asked(metacot, tmp_path, runs, monkeypatch, online):
    class Tracker:
        folder = Path("wandb/run")

        def __init__(self, project, folder, *, group, online, config):
            self.asked, self.online = (project, folder, group, config["seed"]), online

    monkeypatch.setattr(tracking, "WandbTracker", Tracker)
    out = metacot("demo", "--out", tmp_path, "--wandb", "mine", *(["--wandb-online"] if online else []))[1]
    [tracker] = runs[0][4]
    assert tracker.asked == ("mine", tmp_path, tmp_path.as_posix(), 0)
    assert tracker.online is online
    assert out == ("W&B: uploaded wandb/run\n" if online else "W&B: offline; to upload it: wandb sync wandb/run\n")


def test_an_interrupted_demo_says_how_to_go_on(metacot, tmp_path, monkeypatch):
    def run(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "run", run)
    status, _, said = metacot("demo", "--out", tmp_path)
    assert status == 130
    assert "stopped; the same command goes on from here" in said


def test_an_error_inside_the_pipeline_is_a_bug_and_keeps_its_traceback(metacot, tmp_path, monkeypatch):
    def run(*_, **__):
        raise ValueError("a bug")

    monkeypatch.setattr(pipeline, "run", run)
    with pytest.raises(ValueError, match="a bug"):
        metacot("demo", "--out", tmp_path)


# a finished run -----------------------------------------------------------------------------------------------------


def finish(folder: Path, seed: int = 0) -> None:
    """Leave in `folder` what a run leaves: searches stand in for its systems."""
    RunFolder(folder, PRESETS["smoke"], seed)
    problems = tuple(GAME.problem(0, index, "test") for index in range(4))
    episodes = tuple(
        measure(GAME, best_first(GAME, problem, OracleValue()).trace(), problem=place, tokens=20)
        for place, problem in enumerate(problems)
    )
    keys = sorted({key for pair in PAIRS for key in (pair.first, pair.second)})
    systems = tuple(SystemResult(key, f"system {key}", "sampled", 1, episodes) for key in keys)
    evaluation = Evaluation("game24", "test", seed, (3, 8), problems, {"cores": 2}, systems)
    (folder / "eval.json").write_text(evaluation.to_json())
    (folder / "metrics.jsonl").write_text('{"stage": "sft", "step": 1, "time": 0.0, "sft/loss": 1.5}\n')
    (folder / "sft").mkdir()
    (folder / "sft" / "seconds.json").write_text("61.0")


def test_table_prints_the_table_of_a_finished_run(metacot, tmp_path):
    finish(tmp_path)
    status, out, _ = metacot("table", tmp_path)
    assert status == 0
    assert out.startswith("game24, 4 held-out problems of split 'test', seed 0\n")
    assert "system rl − system sft" in out
    assert "100 100–100" in out


def test_table_prints_other_held_out_splits_as_well(metacot, tmp_path):
    finish(tmp_path)
    other = replace(Evaluation.from_json((tmp_path / "eval.json").read_text()), split="puzzles")
    (tmp_path / "eval-puzzles.json").write_text(other.to_json())
    assert "of split 'puzzles'" in metacot("table", tmp_path)[1]


def test_the_report_shows_other_held_out_splits_as_well(metacot, tmp_path):
    finish(tmp_path)
    alone = metacot("report", tmp_path) and (tmp_path / "report.html").read_text()
    assert "Results on held-out problems</h2>" in alone
    other = replace(Evaluation.from_json((tmp_path / "eval.json").read_text()), split="puzzles")
    (tmp_path / "eval-puzzles.json").write_text(other.to_json())
    both = metacot("report", tmp_path) and (tmp_path / "report.html").read_text()
    for split in ("test", "puzzles"):
        for heading in ("Results on held-out problems", "Success against budget"):
            assert f"{heading}, split “{split}”</h2>" in both
        assert both.count(f"id='axis-{split}-log'") == 1
    assert both.count("<table") == 2 * alone.count("<table")


def test_a_finished_run_opens_no_tracker_when_it_is_run_again(metacot, tmp_path):
    finish(tmp_path)
    for stage in pipeline.STAGES:
        (tmp_path / stage).mkdir(exist_ok=True)
        (tmp_path / stage / "done.json").write_text("{}")
    said = []
    found = pipeline.run(PRESETS["smoke"], tmp_path, trackers=lambda _: pytest.fail("opened"), say=said.append)
    assert found.split == "test"
    assert said[-1] == f"report: {tmp_path / 'report.html'}"


def test_table_and_report_need_the_core_alone(tmp_path):
    finish(tmp_path)
    code = f"""
import sys
sys.modules.update(dict.fromkeys(["torch", "transformers", "trl", "tqdm", "datasets", "wandb"]))
from metacot.cli import main
sys.exit(main(["table", {str(tmp_path)!r}]) or main(["report", {str(tmp_path)!r}]))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_report_is_written_again_and_is_the_same(metacot, tmp_path):
    finish(tmp_path)
    report = tmp_path / "report.html"
    assert metacot("report", tmp_path)[:2] == (0, f"report: {report}\n")
    first = report.read_bytes()
    assert b"1 min 01 s" in first
    assert b"settings.model.width" in first
    report.unlink()
    metacot("report", tmp_path)
    assert report.read_bytes() == first


def test_runs_of_several_seeds_are_shown_one_after_another(metacot, tmp_path):
    for seed in (0, 1):
        finish(tmp_path / f"seed{seed}", seed)
    out = metacot("table", tmp_path)[1]
    assert out.index("seed 0\n") < out.index("seed 1\n")
    assert metacot("report", tmp_path)[1].count("report: ") == 2


def test_a_run_that_is_not_finished_or_not_readable_is_a_clear_mistake(metacot, tmp_path):
    RunFolder(tmp_path, PRESETS["smoke"], 0)
    assert (
        "that is not finished; the command that began it goes on (there is no eval.json)"
        in metacot("table", tmp_path)[2]
    )
    (tmp_path / "eval.json").write_text("{}")
    status, _, said = metacot("table", tmp_path)
    assert status == 2
    assert "holds a run that cannot be read" in said


# --- verify ----------------------------------------------------------------------------------------------


def test_verify_judges_a_response(metacot):
    assert metacot("verify", r"So \boxed{\frac12}.", "0.5") == (0, "right, equal\n", "")
    assert metacot("verify", "8", "7")[:2] == (1, "wrong, not equal\n")
    assert metacot("verify", "9^{9^{9^9}}", "7")[:2] == (
        1,
        "cannot be judged, not decided: a power has too many digits\n",
    )
    assert metacot("verify", "(b)", "B", "--kind", "choice")[0] == 0


def test_verify_prints_json(metacot):
    status, out, _ = metacot("verify", "1e3", "1000", "--json")
    assert (status, json.loads(out)) == (0, {"correct": True, "reason": "equal", "answer": "1e3"})


def test_verify_judges_a_file(metacot, tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"prediction": "7", "gold": "7"}\n\n{"prediction": "8", "gold": "7"}\n')
    status, out, err = metacot("verify", "--file", path, "--json")
    assert status == 1
    assert [json.loads(line)["correct"] for line in out.splitlines()] == [True, False]
    assert err == "1 right, 1 wrong, 0 cannot be judged\n"


@pytest.mark.parametrize("words", [["verify"], ["verify", "7"], ["verify", "7", "7", "--file", "x.jsonl"]])
def test_verify_needs_a_pair_or_a_file(metacot, words):
    status, _, err = metacot(*words)
    assert (status, err) == (2, "metacot verify: give a prediction and a reference, or --file\n")


def test_verify_names_a_line_that_is_no_pair(metacot, tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"prediction": "7"}\n')
    status, _, err = metacot("verify", "--file", path)
    assert status == 2
    assert f'{path}:1: a JSON object with "prediction" and "gold" is needed' in err


def test_solve_takes_options_draws_and_saves_a_picture(metacot, tmp_path):
    picture = tmp_path / "tree.svg"
    words = ("solve", "game24", "--seed", 3, "--index", 7, "--search", "mcts", "--option", "bonus=puct")
    status, out, _ = metacot(*words, "widening=[2,0.5]", "--show", "--svg", picture)
    assert status == 0
    assert "#1 " in out
    assert "── " in out
    assert ET.fromstring(picture.read_text()).tag == "{http://www.w3.org/2000/svg}svg"
    assert "widening" in metacot(*words, "widening=[2,0.5]", "--json")[1]


@pytest.mark.parametrize("option", ["girth=2", "width", "budget=3", "width=0"])
def test_solve_refuses_options_that_a_search_does_not_have(metacot, option):
    status, _, err = metacot("solve", "game24", "--search", "beam", "--option", option)
    assert status == 2
    assert err.count("\n") == 1


def test_compare_prints_a_table_and_draws_curves(metacot, tmp_path):
    page = tmp_path / "curves.html"
    words = ("compare", "game24", "--values", "oracle", "noisy:0.3:{n}", "--n", 12, "--budget", 40, "--plot", page)
    status, out, _ = metacot(*words)
    assert status == 0
    lines = out.splitlines()
    assert lines[0].split()[:3] == ["search", "value", "success"]
    assert {line.split()[0] for line in lines[1:-1]} == set(ALGORITHMS)
    assert "12 problems, at most 40 nodes" in lines[-1]
    assert page.read_text().count("<figcaption>") == 2
    again = metacot(*words, "--searches", "mcts")[1]
    assert again.splitlines()[1].split()[:12] == next(line for line in lines if line.startswith("mcts")).split()[:12]
    assert metacot("compare", "game24", "--searches", "dream")[0] == 2
