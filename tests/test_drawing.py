"""The pictures of the report: line charts and search trees."""

from __future__ import annotations

import itertools
import math
import re
from xml.etree import ElementTree as ET

import pytest

from metacot.agents.evaluation.charts import Line, line_chart, log_ticks, number, smoothed, thinned, ticks
from metacot.agents.evaluation.tree_svg import story, tree_svg
from metacot.tasks import GiveUp, NewAttempt, Step, Trace, make, parse


def picture(html):
    """The first picture in a figure."""
    return ET.fromstring(re.search(r"<svg.*?</svg>", html, re.DOTALL)[0])


# charts -------------------------------------------------------------------------------------------------------------


def test_ticks_are_round_and_inside():
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert ticks(0, 1200) == [0, 500, 1000]
    assert ticks(-3, 7) == [-2, 0, 2, 4, 6]
    assert ticks(5, 5) == [5]
    assert ticks(0, 0) == [0]
    assert log_ticks(7, 230) == [10, 20, 50, 100, 200]
    assert [number(value) for value in (0, 0.25, 12, 1200, 12000, 2.5e6)] == ["0", "0.25", "12", "1.2k", "12k", "2.5M"]


def test_running_means_and_thinning_leave_out_what_is_not_finite():
    assert smoothed([1, math.nan, 3, 5], 2) == [1, 1, 3, 4]
    assert math.isnan(smoothed([math.nan], 3)[0])
    line = thinned(Line("x", range(1000), [1.0] * 999 + [math.nan], low=[0.0] * 1000, high=[2.0] * 1000))
    assert len(line.xs) == len(line.ys) == len(line.low) == len(line.high) == 334
    assert (line.xs[0], line.xs[-1]) == (1, 999)
    assert set(line.ys[:-1]) == {1.0}
    assert math.isnan(line.ys[-1])


def test_a_gap_is_a_gap():
    chart = picture(line_chart([Line("x", [0, 1, 2, 3], [1, math.nan, 2, 3])], title="t", x="x", y="y"))
    [path] = [part for part in chart.iter("path") if (part.get("class") or "").startswith("line")]
    assert re.sub(r"[\d. ]", "", path.get("d")) == "MML"


@pytest.mark.parametrize("values", [[0.0, 0.0], [-2.0, 5.0], [3.0], [1e-9, 1e9]])
@pytest.mark.parametrize("log_x", [True, False])
def test_every_line_stays_inside_its_chart(values, log_x):
    line = Line("x & <y>", range(1, len(values) + 1), values, low=values, high=values)
    chart = picture(line_chart([line], title="<t>", x="x", y="y", log_x=log_x))
    _, _, width, height = map(float, chart.get("viewBox").split())
    paths = [path.get("d") for path in chart.iter("path") if path.get("class") != "grid"]
    places = [tuple(map(float, place.split())) for path in paths for place in re.findall(r"[\d.]+ [\d.-]+", path)]
    assert places
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places)


# trees --------------------------------------------------------------------------------------------------------------


TEXT = """2 * 8
#1 3 3 16
3 + 3
#2 6 16
6 + 99
refused 99 is not among the numbers
back #0
#0 2 3 3 8
3 / 3
#3 1 2 8
2 + 8
#4 1 10
back #0
#0 2 3 3 8
3 + 3
#5 2 6 8
back #0
#0 2 3 3 8
3 + 3
#5 2 6 8
2 * 8
#6 6 16
back #5
#5 2 6 8
8 - 2
#7 6 6
back #5
#5 2 6 8
6 * 8
#8 2 48
48 / 2
#9 24 solved
</think>
answer (3 + 3) * 8 / 2
"""


@pytest.fixture(scope="module")
def told():
    task = make("game24")
    return story(task, parse(task, task.pose((2, 3, 3, 8)), TEXT, strict=True))


def test_a_story_tells_backtracks_revisits_refusals_repetitions_and_the_solution(told):
    assert told.moves == [(2, 0), (4, 0), (5, 0), (6, 5), (7, 5)]
    assert dict(told.visits) == {5: 1}
    assert dict(told.refused) == {2: ["6 + 99: 99 is not among the numbers"]}
    assert told.twins == {6: 2}
    assert told.solution == [0, 5, 8, 9]
    assert told.success
    assert told.verdict == "answer (3 + 3) * 8 / 2: makes 24"


def test_a_tree_is_drawn_with_its_marks(told):
    tree = ET.fromstring(tree_svg(told))
    kinds = [group.get("class").split() for group in tree.iter("g")]
    assert sum("node" in kind for kind in kinds) == 10
    assert sum("back" in kind for kind in kinds) == 5
    assert sum("solution" in kind for kind in kinds) == 4
    assert sum("dead" in kind for kind in kinds) == sum(not told.tree.task.value(state) for state in told.tree.states)
    texts = ["".join(text.itertext()) for text in tree.iter("text")]
    assert {"#5 2 6 8", "#9 24 ✓", "= #2", "↻1", "✕1", "48 / 2"} <= set(texts)
    titles = [title.text for title in tree.iter("title")]
    assert "backtrack 2: #4 to #0" in titles
    assert "#2: no solution can be reached from here; refused here: 6 + 99: 99 is not among the numbers" in titles


def test_boxes_do_not_overlap_and_lie_inside_the_picture(told):
    tree = ET.fromstring(tree_svg(told))
    boxes = [group.find("rect") for group in tree.iter("g") if "node" in group.get("class").split()]
    sides = [tuple(float(box.get(name)) for name in ("x", "y", "width", "height")) for box in boxes]
    left, top, width, height = map(float, tree.get("viewBox").split())
    for x, y, w, h in sides:
        assert left <= x <= x + w <= left + width
        assert top <= y <= y + h <= top + height
    for a, b in itertools.combinations(sides, 2):
        assert a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]


def test_a_tree_that_is_too_large_says_what_is_left_out(told):
    picture = tree_svg(told, most=4)
    assert "6 more nodes are not drawn" in picture
    assert picture.count("<g class='node") == 4


def test_attempts_that_begin_anew_and_giving_up_are_part_of_the_story():
    task = make("game24")
    problem = task.pose((1, 1, 1, 1))
    step = task.steps(task.start(problem))[0]
    told = story(task, Trace(problem, (Step(step), GiveUp(), NewAttempt(), Step(step), GiveUp())))
    assert told.moves == [(1, 0)]
    assert told.success
    assert told.solution == []
    assert told.verdict.startswith("gave up: ")
    assert tree_svg(told)
