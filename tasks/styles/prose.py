"""The style of thinking aloud, for models that have read much of it: sentences with changing connectives.

    To begin with, let me compute 13 - 9. That leaves 4 4 10 (state 1).
    Then let me try 4 + 4. Now I have 8 10 (state 2). I would give it 40 out of 100.
    Wait, let me go back to 4 4 10 (state 1).
    Alternatively, let me try 10 - 4. This gives 4 6 (state 3).
    From there, let me work out 4 * 6. That leaves 24 (state 4). That is the goal!
    </think>
    So the answer is 4 * (10 - 4)

How a task speaks of its steps is `Task.phrases`. Which words are used is decided by the seed, the problem and the place
in the trace; any of them are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from zlib import crc32

from ..actions import Backtrack, GiveUp, Step, Submit
from ..errors import UnreadableStep
from ..tree import Tree
from .lines import LineStyle, Said, noted

FIRST = ("First,", "To begin with,", "To get going,")
ON = ("Then", "Next,", "From there,", "After that,")
AGAIN = ("Alternatively,", "Instead,", "Another idea:", "Or maybe not:", "Something else:")
RESULTS = ("That leaves", "This gives", "Now I have")
WORTH = ("It looks {}% promising.", "I would give it {} out of 100.", "My hopes for this: {}%.")
GOAL = ("That is the goal!", "That does it!", "And that solves it!")
BACK = (
    "Wait, let me go back to",
    "Hmm, this looks less promising now. Let me go back to",
    "No, I would rather return to",
    "Hold on. Let me reconsider from",
    "Actually, let me try something else from",
)
ANSWER = ("So the answer is", "Therefore the answer is", "In short, the answer is")
PATH = ("So these steps are the answer.", "And these steps are what was asked for.")
NOTHING = ("Nothing is left to try, so there is no solution.", "That was everything, so it cannot be done.")


def _any(words: Sequence[str]) -> str:
    return "(?:" + "|".join(map(re.escape, words)) + ")"


_VALUES = "|".join(re.escape(text).replace(r"\{\}", "([0-9]{1,3})") for text in WORTH)
_BACK = re.compile(rf"{_any(BACK)} .*?\(state ([0-9]{{1,9}})\)\.")
_END = re.compile(rf"{_any(ANSWER)} (.*)")


@lru_cache(maxsize=64)
def _patterns(phrases: tuple[str, ...]) -> list[re.Pattern[str]]:
    """One for each way to speak of a step: the step, the state, the node, and a group for each way to note a value."""
    opening = rf"{_any((*FIRST, *ON, *AGAIN))} let me "
    ending = rf"\. {_any(RESULTS)} (.*?) ?\(state ([0-9]{{1,9}})\)\.(?: (?:{_VALUES}))?(?: {_any(GOAL)})?"
    found = []
    for phrase in phrases:
        before, inside, after = phrase.partition("{step}")
        if not inside or "{step}" in after:
            raise ValueError(f"a phrase holds {{step}} once, got {phrase!r}")
        found.append(re.compile(f"{opening}{re.escape(before)}(.+?){re.escape(after)}{ending}"))
    return found


class Prose(LineStyle):
    """Sentences; see the module. seed: another seed, other words for the same trace."""

    name = "prose"

    def __init__(self, seed: int = 0):
        self.seed = seed

    def write_step(self, tree: Tree, step: Step, node: int, state: str, place: int) -> str:
        parent = tree.parents[tree.cursor]
        written = tree.task.write(tree.states[parent], step.step)
        # The cursor came from an earlier node where the newest node is not the parent, or its parent has others.
        again = parent != tree.cursor - 1
        opening = self._choose(FIRST if not place else AGAIN if again else ON, tree, place, "opening")
        phrase = self._choose(tree.task.phrases, tree, place, "phrase").replace("{step}", written)
        result = self._choose(RESULTS, tree, place, "result")
        sentences = [f"{opening} let me {phrase}.", f"{result} {f'{state} ' if state else ''}(state {node})."]
        if step.value is not None:
            sentences.append(self._choose(WORTH, tree, place, "worth").format(step.value))
        if tree.solved:
            sentences.append(self._choose(GOAL, tree, place, "goal"))
        return " ".join(sentences)

    def write_back(self, tree: Tree, left: int, place: int) -> str:
        state = tree.task.brief(tree.state)
        return f"{self._choose(BACK, tree, place, 'back')} {f'{state} ' if state else ''}(state {tree.cursor})."

    def write_end(self, tree: Tree, action: Submit | GiveUp, place: int) -> str:
        if isinstance(action, GiveUp):
            return self._choose(NOTHING, tree, place, "end")
        if not action.answer:
            return self._choose(PATH, tree, place, "end")
        return f"{self._choose(ANSWER, tree, place, 'end')} {action.answer}"

    def read(self, tree: Tree, line: str) -> Said | None:
        if line in NOTHING:
            return Said(GiveUp())
        if line in PATH:
            return Said(Submit())
        if found := _END.fullmatch(line):
            return Said(Submit(found[1]))
        if found := _BACK.fullmatch(line):
            return Said(Backtrack(int(found[1])))
        if " let me " not in line:
            return None
        for pattern in _patterns(tuple(tree.task.phrases)):
            if found := pattern.fullmatch(line):
                written, state, node, *values = found.groups()
                try:
                    value = noted(next((text for text in values if text is not None), None))
                    return Said(Step(tree.task.read(tree.state, written), value=value), int(node), state)
                except (UnreadableStep, ValueError):
                    continue
        return None

    def _choose(self, words: Sequence[str], tree: Tree, place: int, what: str) -> str:
        problem: Any = tree.problem
        return words[crc32(f"{self.seed} {problem.task} {problem.data} {place} {what}".encode()) % len(words)]
