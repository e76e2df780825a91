"""Rules of states: what a step does, what two states have in common, and what is exactly known of them."""

from __future__ import annotations

import math
import pickle
from typing import Any

from ...rewards.stable import stable_text
from ...tasks import IllegalStep, NotEnumerable, Task
from .exam import Broken, Exam, Node, short

OF_A_LEVEL = 8
"""So many problems of every named level must fit into the budget of the level."""

FOREIGN = 8
"""So many steps of other states are tried in a state where they are not legal."""


def steps(exam: Exam) -> None:
    """the legal steps are listed in a fixed order without repeats, and each of them can be taken"""
    task, rng = exam.task, exam.rng()
    if not task.enumerable:
        try:
            task.steps(exam.starts[0].state)
        except NotEnumerable:
            return
        raise Broken("steps of free text cannot be listed: raise NotEnumerable, or set enumerable = True")
    moves = False
    for node in exam.nodes:
        legal = list(task.steps(node.state))
        moves = moves or bool(legal)
        if legal != list(task.steps(node.state)):
            raise Broken(f"asked again, {short(node.state)} has other steps")
        if len(set(legal)) != len(legal):
            raise Broken(f"a step of {short(node.state)} is listed twice")
        for step in exam.sample(legal, rng):
            task.apply(node.state, step)
    if not moves:
        raise Broken("no state has a legal step")


def pure(exam: Exam) -> None:
    """`apply` gives the same state whenever it is asked, and nothing changes an old one"""
    task, rng = exam.task, exam.rng()
    for node in exam.nodes:
        state = task.start(node.problem)
        for step in node.path:
            state = task.apply(state, step)
        if state != node.state or hash(state) != hash(node.state):
            raise Broken(f"the same path from the start leads to {short(node.state)} and to {short(state)}")
        kept = pickle.dumps(node.state)
        if type(task.solved(node.state)) is not bool or task.solved(node.state) is not task.solved(state):
            raise Broken(f"solved is True or False, got {task.solved(node.state)!r} for {short(node.state)}")
        if task.enumerable:
            for step in exam.sample(task.steps(node.state), rng):
                first, again = task.apply(node.state, step), task.apply(state, step)
                if first != again or hash(first) != hash(again):
                    raise Broken(f"{short(step)} leads from {short(node.state)} to {short(first)} and {short(again)}")
        if pickle.loads(kept) != node.state:
            raise Broken(f"a step has changed the state that it was taken from, {short(node.state)}")


def illegal(exam: Exam) -> None:
    """`apply` refuses a step that `steps` does not list and that is not `off_menu`, with a reason of one line"""
    task, rng = exam.task, exam.rng()
    if not task.enumerable:
        return _refusals_of_read_steps(exam)
    menu = list(dict.fromkeys(step for node in exam.nodes[:200] for step in task.steps(node.state)))
    for node in exam.nodes:
        legal = set(task.steps(node.state))
        for step in rng.sample(menu, min(FOREIGN, len(menu))):
            if step in legal:
                continue
            try:
                child = task.apply(node.state, step)
            except IllegalStep as error:
                _keep_reason(exam, error)
                continue
            if task.off_menu(node.state, step):
                _has_no_number(exam, node.state, step)
                continue
            raise Broken(f"{short(step)} is not among the steps of {short(node.state)}, yet leads to {short(child)}")
    return None


def _has_no_number(exam: Exam, state: Any, step: Any) -> None:
    """What is off the menu is for those who write; an agent with numbers never meets it."""
    if not exam.numeric:
        return
    try:
        number = exam.task.index(state, step)
    except NotEnumerable:
        return
    raise Broken(f"{short(step)} is off the menu of {short(state)}, yet has the number {number}")


def _refusals_of_read_steps(exam: Exam) -> None:
    for node in exam.nodes:
        for step in node.path:
            try:
                exam.task.apply(node.state, step)
            except IllegalStep as error:
                _keep_reason(exam, error)


def _keep_reason(exam: Exam, error: IllegalStep) -> None:
    reason = str(error)
    if not reason.strip() or reason.splitlines() != [reason]:
        raise Broken(f"the reason of IllegalStep is one line of text, got {short(reason)}")
    exam.reasons.add(reason)


def expand(exam: Exam) -> None:
    """`expand` is what `steps`, `apply` and `key` say, in the same order, with costs above zero"""
    task = exam.task
    for node in exam.nodes:
        rows = task.expand(node.state)
        legal = list(task.steps(node.state))
        if [row[0] for row in rows] != legal:
            raise Broken(f"the steps of {short(node.state)} are {short(legal)}, expand has others")
        for step, child, key, cost in rows:
            if child != task.apply(node.state, step) or key != task.key(child):
                raise Broken(f"after {short(step)} in {short(node.state)} expand has {short(child)} {short(key)}")
            if not 0 < cost < math.inf:
                raise Broken(f"{short(step)} in {short(node.state)} costs {cost!r}")


def key(exam: Exam) -> None:
    """keys have a text that depends on their value alone, and equal keys mean the same"""
    task = exam.task
    meant: dict[object, tuple[object, Node]] = {}
    for node in exam.nodes:
        found = task.key(node.state)
        twin = task.key(pickle.loads(pickle.dumps(node.state)))
        if found != twin or hash(found) != hash(twin) or stable_text(found) != stable_text(twin):
            raise Broken(f"the key of {short(node.state)} is {short(found)}, that of a copy {short(twin)}")
        facts = task.solved(node.state), exam.distance(node.state)
        meaning, other = meant.setdefault(found, (facts, node))
        if meaning != facts:
            both = f"{short(other.state)} and {short(node.state)}"
            raise Broken(f"{both} have one key, but (solved, distance) are {meaning} and {facts}")


def distance(exam: Exam) -> None:
    """the distance is 0 just where the state is solved, else 1 + the least of the children, and seldom unknown"""
    task = exam.task
    tried = complete = 0
    last = {id(node.problem): node for node in exam.nodes}
    chosen = {(id(node.problem), len(node.path)): node for node in (*exam.starts, *last.values())}
    for node in exam.nodes:
        here = exam.distance(node.state)
        if here is not None and not (type(here) is int and here >= 0) and here != math.inf:
            raise Broken(f"a distance is a whole number, math.inf or None, got {here!r} for {short(node.state)}")
        if here is not None and (here == 0) is not task.solved(node.state):
            raise Broken(f"the distance of {short(node.state)} is {here}, and solved is {task.solved(node.state)}")
        if here == math.inf and not task.dead_ends:
            raise Broken(f"there are no dead ends, yet the distance of {short(node.state)} is infinite")
    if not task.enumerable:
        return
    for node in chosen.values():
        tried += 1
        here = exam.distance(node.state)
        if here == 0:
            complete += 1
            continue
        below = [exam.distance(task.apply(node.state, step)) for step in task.steps(node.state)]
        known = [found for found in below if found is not None]
        if here is None or len(known) < len(below):
            continue
        complete += 1
        if here != 1 + min(known, default=math.inf):
            raise Broken(f"the distance of {short(node.state)} is {here}, those of its children {short(below)}")
    exam.known_share = complete / tried
    if exam.known_share < exam.known:
        raise Broken(
            f"the distances of a state and its children are known for {exam.known_share:.1%} of the states, "
            f"and known={exam.known:.1%} is asked for"
        )


def value(exam: Exam) -> None:
    """the value is 1.0 where the distance is at most the steps left, else 0.0, and None where it is not known"""
    for node in exam.nodes:
        here = exam.distance(node.state)
        if here is None:
            continue
        near = (0, 1, 3) if here == math.inf else (0, int(here), int(here) - 1)
        for left in (None, *(left for left in near if left >= 0)):
            found = exam.task.value(node.state, left)
            expected = float(here < math.inf and (left is None or here <= left))
            if found != expected:
                said = f"is {here} from a solution; with {left} steps left its value is {expected}, got {found!r}"
                raise Broken(f"{short(node.state)} {said}")


def heuristic(exam: Exam) -> None:
    """the heuristic is never negative and never more than the distance"""
    for node in exam.nodes:
        estimate, here = exam.task.heuristic(node.state), exam.distance(node.state)
        if not estimate >= 0:
            raise Broken(f"the heuristic of {short(node.state)} is {estimate!r}")
        if here is not None and estimate > here + 1e-9:
            raise Broken(f"the heuristic of {short(node.state)} is {estimate!r}, the distance {here}")


def relax(exam: Exam) -> None:
    """`relax`, where a task has its own, is what `expand` and `heuristic` say"""
    task = exam.task
    if not task.enumerable or type(task).relax is Task.relax:
        return
    for node in exam.nodes:
        rows = task.expand(node.state)
        for known in ({}, {key: cost for _, _, key, cost in rows[::2]}, {key: 9.0 for _, _, key, _ in rows}):
            cheapest, plain = known.copy(), known.copy()
            found = task.relax(node.state, 0.0, cheapest)
            if (found, cheapest) != (Task.relax(task, node.state, 0.0, plain), plain):
                raise Broken(f"relax of {short(node.state)} is not what expand and heuristic say")


def horizon(exam: Exam) -> None:
    """no path without repeats is longer than the horizon, where there is one"""
    limit = exam.task.horizon
    if limit is None:
        return
    for node in exam.nodes:
        here = exam.distance(node.state)
        if len(node.path) > limit or (here is not None and limit < here < math.inf):
            raise Broken(f"the horizon is {limit}; {short(node.state)} is {len(node.path)} in and has {here} to go")


def budget(exam: Exam) -> None:
    """the default budget is a whole number of steps in which a problem can be solved, at every level"""
    task, seed = exam.task, exam.seed
    asked = [(exam.knobs, exam.problems)]
    asked += [
        (task.knobs(level), [task.problem(seed, index, "train", **task.knobs(level)) for index in range(OF_A_LEVEL)])
        for level in task.levels
    ]
    for knobs, problems in asked:
        steps = task.budget(**knobs)
        if not (type(steps) is int and steps >= 1):
            raise Broken(f"the budget of {knobs} is a whole number of steps, at least 1, got {steps!r}")
        for problem in problems:
            away = exam.distance(task.start(problem))
            if away is not None and steps < away < math.inf:
                raise Broken(f"{short(problem)} takes {away} steps, and the budget of {knobs} is {steps}")


def giving_up(exam: Exam) -> None:
    """giving up is right just where the distance is infinite, wrong where it is finite, else wrong or not judged"""
    for node in exam.starts:
        here = exam.distance(node.state)
        found = exam.task.check_give_up(node.problem).correct
        # Without a distance, a reference answer may still tell that there is a solution.
        if found not in ((None, False) if here is None else (here == math.inf,)):
            raise Broken(f"the distance of {short(node.state)} is {here}, giving up is judged {found}")


STATES = (pure, illegal, expand, key, distance, value, heuristic, relax, horizon, budget, giving_up)
