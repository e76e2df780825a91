"""`metacot play`: a person, or a file, plays a problem in the terminal."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot import tasks
from metacot.agents.play import play
from metacot.cli import main

GAME = tasks.make("game24")
HAND = GAME.pose((3, 3, 8, 8))
SOLUTION = ("8 / 3", "3 - 8/3", "8 / 1/3", "answer")


def told(*lines, problem=HAND, task=GAME, **kwargs):
    """(was it solved, everything that was said)."""
    said = []
    return play(task, problem, lines, said.append, **kwargs), "\n".join(said)


def test_a_solution_is_right_and_its_exploration_is_told():
    solved, said = told("8 + 8", "back 0", *SOLUTION)
    assert solved
    assert said.startswith("use 3 3 8 8 to make 24\n#0 3 3 8 8")
    assert "#4 24 solved\n`answer` commits it\n" in said
    assert said.endswith("right, makes 24\n5 steps, 5 distinct, 0 repeated, 1 backtracks, regret 0.25, 0 hints")


def test_following_the_hints_solves_every_problem():
    for name in tasks.names():
        task = tasks.make(name)
        problem = task.problem(0, 0, **task.knobs(next(iter(task.levels), None)))
        if task.distance(task.start(problem)) is None or not task.enumerable:
            continue
        said = []

        def asking(said=said):
            for _ in range(500):
                yield "hint"
                yield said[-1].partition("   (")[0]

        assert play(task, problem, asking(), said.append), name


def test_hints_lead_back_from_a_dead_end_and_say_where_there_is_no_solution():
    _, said = told("8 + 8", "hint", "back 0", "hint")
    assert "no solution from here: back #0   (3 steps to a solution from there)" in said
    assert "8 / 3   (3 steps to a solution)" in said
    solved, said = told("hint", "give up", problem=GAME.pose((1, 1, 1, 1)))
    assert "give up   (no solution can be reached)" in said
    assert solved, "giving up is right there"


def test_undo_takes_lines_back_as_if_they_had_not_been():
    solved, said = told("8 + 8", "3 + 99", "undo", "undo", "undo", *SOLUTION)
    assert solved
    assert "nothing to take back" in said
    assert "3 steps, 4 distinct, 0 repeated, 0 backtracks, regret 0.00" in said


def test_the_tree_shows_all_nodes_and_where_one_is():
    _, said = told("8 + 8", "back #0", "8 / 3", "tree")
    assert "\n#0 3 3 8 8\n  #1 8 + 8 = 3 3 16\n  #2 8 / 3 = 8/3 3 8 <\n" in said


def test_help_names_every_word_and_a_step_and_steps_lists_them_all():
    _, said = told("help", "steps")
    for word in ("3 + 3 ", "back #2", "answer", "give up", "hint", "steps", "undo", "tree", "show", "quit"):
        assert word in said
    start = GAME.start(HAND)
    assert ", ".join(GAME.write(start, step) for step in GAME.steps(start)) in said
    assert "none from here" in told("8 + 8", "3 + 3", "6 + 16", "steps")[1]


def test_quitting_a_wrong_answer_and_a_spent_budget_are_not_solved():
    assert told("quit", *SOLUTION) == (False, told("quit")[1])
    assert told()[1].endswith("stopped without an answer")
    solved, said = told("answer 6 * 4")
    assert not solved
    assert "\nwrong, " in said
    solved, said = told("8 + 8", "back #0", budget=2)
    assert not solved
    assert "the budget is spent" in said


def test_a_board_is_shown_after_every_step():
    maze = tasks.make("maze")
    problem = maze.problem(0, 0, size=5)
    step = maze.steps(maze.start(problem))[0]
    said = told(step, problem=problem, task=maze)[1]
    assert maze.show(maze.apply(maze.start(problem), step)) in said


@given(st.lists(st.one_of(st.text(max_size=30), st.sampled_from(["undo", "hint", "tree", "8 + 8", "back 1", "show"]))))
def test_no_text_of_any_kind_breaks_it(lines):
    told(*lines)


# the command --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "status"), [("\n".join(SOLUTION), 0), ("quit\n", 1), ("", 1), ("answer 1\n", 1)])
def test_piped_lines_play_and_are_shown(capsys, monkeypatch, typed, status):
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert main(["play", "game24", "--problem", "3 3 8 8"]) == status
    out = capsys.readouterr().out
    assert all(f"> {line}\n" in out for line in typed.splitlines())


def test_a_level_and_a_budget_are_taken(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("back 9\n"))
    assert main(["play", "game24", "--difficulty", "hard", "--budget", "1"]) == 1
    assert "the budget is spent" in capsys.readouterr().out


def test_it_plays_through_a_real_pipe():
    command = [sys.executable, "-W", "error", "-m", "metacot.cli", "play", "game24", "--problem", "3 3 8 8"]
    done = subprocess.run(command, input="\n".join(SOLUTION), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "right, makes 24" in done.stdout
