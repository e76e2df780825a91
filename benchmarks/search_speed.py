"""How fast the searches are: A* beside a bare one without tree or actions, MCTS, depth-first search and its text, and
the reading of what models write. Bars are ratios within one run, so that a slow machine is no excuse."""

from __future__ import annotations

from heapq import heappop, heappush
from statistics import median
from time import process_time
from typing import Any

from metacot.agents.search import astar, depth_first, mcts, visit_text
from metacot.rewards import ConstantValue, HeuristicValue
from metacot.tasks import Problem, Task, Verdict, make, parse
from metacot.tasks.maze.boards import Board, board_of

ROUNDS = 9
MAZES = {10: 300, 20: 100, 30: 50}
"""Mazes by their side."""

ASTAR_BAR, TEXT_BAR, SLOWDOWN_BAR = 0.4, 0.2, 1.2
MCTS_BAR, NODES_BAR, TRACES_BAR, LINES_BAR = 80_000, 250_000, 5_000, 20_000
HOSTILE_BYTES = 10_000_000


def bare_astar(size: int, exits: list[int], start: int, goal: int) -> list[int]:
    """A* on a grid as one would write it for nothing else: no states, no steps, no tree. Returns the cells of a way."""
    goal_row, goal_column = divmod(goal, size)
    best, came = {start: 0}, {}
    queue = [(abs(start // size - goal_row) + abs(start % size - goal_column), 0, start)]
    moves = ((1, -size), (2, 1), (4, size), (8, -1))
    while queue:
        _, depth, cell = heappop(queue)
        if cell == goal:
            path = [cell]
            while cell in came:
                cell = came[cell]
                path.append(cell)
            return path[::-1]
        if -depth > best[cell]:
            continue
        further, here = 1 - depth, exits[cell]
        for bit, by in moves:
            if here & bit:
                there = cell + by
                if further < best.get(there, 1 << 30):
                    best[there], came[there] = further, cell
                    ahead = abs(there // size - goal_row) + abs(there % size - goal_column)
                    heappush(queue, (further + ahead, -further, there))
    return []


class Trivial(Task[tuple[int, int], int]):
    """A world of four steps, seven deep, without a goal: what is left is the search itself."""

    name, horizon = "trivial", 7

    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        return Problem(self.name, (index,), seed, index, split, difficulty)

    def pose(self, *data: Any) -> Problem:
        return Problem(self.name, data)

    def start(self, problem: Problem) -> tuple[int, int]:
        return 0, 1

    def steps(self, state: tuple[int, int]) -> tuple[int, ...]:
        return (0, 1, 2, 3) if state[0] < 7 else ()

    def apply(self, state: tuple[int, int], step: int) -> tuple[int, int]:
        return state[0] + 1, 4 * state[1] + step

    def expand(self, state: tuple[int, int]) -> list[Any]:
        depth, first = state[0] + 1, 4 * state[1]
        return [(step, child := (depth, first + step), child, 1.0) for step in self.steps(state)]

    def solved(self, state: tuple[int, int]) -> bool:
        return False

    def ask(self, problem: Problem) -> str:
        return "go"

    def show(self, state: tuple[int, int]) -> str:
        return f"{state[1]}"

    def write(self, state: tuple[int, int], step: int) -> str:
        return f"{step}"

    def read(self, state: tuple[int, int], text: str) -> int:
        return int(text)

    def answer(self, problem: Problem, steps: Any) -> str:
        return ""

    def check(self, problem: Problem, answer: str) -> Verdict:
        return Verdict(False, "there is no goal")


def timed(call: Any, *arguments: Any) -> float:
    """CPU seconds."""
    start = process_time()
    call(*arguments)
    return process_time() - start


def astar_rounds(size: int, count: int) -> list[tuple[float, float, float]]:
    """(bare, ours, ours with text) CPU seconds a maze, round by round, on mazes that are dealt anew each round."""
    task, value = make("maze"), HeuristicValue()
    problems = [task.problem(0, index, size=size) for index in range(count)]
    rounds = []
    for turn in range(ROUNDS):
        board_of.cache_clear()
        boards: list[Board] = [task.start(problem).board for problem in problems]
        plain = [(size, [int(d, 16) for d in board.passages], board.start, board.goal) for board in boards]
        known = [task.key(task.start(problem)) for problem in problems]
        assert len(known) == count
        if not turn:
            for grid, problem in zip(plain, problems, strict=True):
                found = astar(task, problem, value)
                assert len(bare_astar(*grid)) == len(found.tree.path(found.solved))

        def bare(plain: Any = plain) -> None:
            for grid in plain:
                bare_astar(*grid)

        def ours() -> None:
            for problem in problems:
                astar(task, problem, value)

        def text() -> None:
            for problem in problems:
                visit_text(astar(task, problem, value))

        rounds.append((timed(bare) / count, timed(ours) / count, timed(text) / count))
    return rounds


def astar_rows() -> list[tuple[str, float, str]]:
    rows, times = [], {}
    for size, count in MAZES.items():
        rounds = astar_rounds(size, count)
        tree, text = (median(r[0] / r[k] for r in rounds) for k in (1, 2))
        times[size] = [median(r[k] for r in rounds) for k in range(3)]
        rate = f"{1 / times[size][1]:,.0f} against {1 / times[size][0]:,.0f} mazes a second"
        rows.append((f"A* {size} x {size}, tree kept, against a bare A*", tree, f"{rate}; at least {ASTAR_BAR}"))
        rate = f"{1 / times[size][2]:,.0f} mazes a second"
        rows.append((f"A* {size} x {size} with the text of the trace", text, f"{rate}; at least {TEXT_BAR}"))
    slower = (times[30][1] / times[10][1]) / (times[30][0] / times[10][0])
    rows.append(("A* slow-down from 10 to 30, against the bare one's", slower, f"at most {SLOWDOWN_BAR}"))
    return rows


def mcts_rate() -> float:
    """Iterations a CPU second: the best of several rounds of 20 searches of 1,000 iterations."""
    task, value, count = Trivial(), ConstantValue(), 20
    problems = [task.problem(0, index) for index in range(count)]

    def searches() -> None:
        for problem in problems:
            assert mcts(task, problem, value, iterations=1000, stop=False).iterations == 1000

    return 1000 * count / min(timed(searches) for _ in range(ROUNDS))


def countdown_rates(rules: str) -> tuple[float, float]:
    """Expanded nodes and traces with text a CPU second of a blind depth-first search on four numbers, the best of
    several rounds of 300 problems that were not met before, each let go once it is written. No state is remembered
    from search to search, only what becomes of pairs of numbers."""
    task, value, count = make("countdown"), ConstantValue(), 300
    nodes, traces = 0.0, 0.0
    for turn in range(ROUNDS):
        problems = [task.problem(turn, index, rules=rules) for index in range(count)]
        expanded, searching, writing = 0, 0.0, 0.0
        for problem in problems:
            start = process_time()
            result = depth_first(task, problem, value, seed=None)
            searched = process_time()
            visit_text(result)
            writing += process_time() - searched
            searching += searched - start
            expanded += result.expanded
        nodes = max(nodes, expanded / searching)
        traces = max(traces, count / (searching + writing))
    return nodes, traces


def parse_rows() -> list[tuple[str, float, str]]:
    task = make("game24")
    rows = []
    texts = [
        (problem, visit_text(depth_first(task, problem, ConstantValue(), budget=200)))
        for problem in (task.problem(0, index) for index in range(50))
    ]
    lines = sum(text.count("\n") for _, text in texts)

    def read() -> None:
        for problem, text in texts:
            parse(task, problem, text)

    rate = lines / min(timed(read) for _ in range(3))
    rows.append(("lines of traces read per second", rate, f"{rate / LINES_BAR:.2f}x the bar of {LINES_BAR:,}"))
    hostile = {
        "one line": "x" * HOSTILE_BYTES,
        "one-letter lines": "x\n" * (HOSTILE_BYTES // 2),
        "steps that are not": "1 + 1 = " * (HOSTILE_BYTES // 8),
    }
    problem = task.problem(0, 0)
    for name, text in hostile.items():
        seconds = timed(parse, task, problem, text)
        rows.append((f"10 MB of hostile text, {name} (s)", seconds, "at most 1"))
    return rows


def run() -> list[tuple[str, float, str]]:
    rows = astar_rows()
    rate = mcts_rate()
    rows.append(("MCTS iterations per second, trivial world", rate, f"{rate / MCTS_BAR:.2f}x the bar of {MCTS_BAR:,}"))
    for rules in ("integer", "rational"):
        nodes, traces = countdown_rates(rules)
        rows += [
            (f"countdown, {rules}: nodes expanded per second", nodes, f"{nodes / NODES_BAR:.2f}x {NODES_BAR:,}"),
            (f"countdown, {rules}: traces with text per second", traces, f"{traces / TRACES_BAR:.2f}x {TRACES_BAR:,}"),
        ]
    return rows + parse_rows()
