"""The task `open_ended`: proofs and derivations, with a reference solution and perhaps a rubric, but no verifier."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from operator import index as as_index
from typing import Any, NamedTuple

import numpy as np

from ..data import Record
from ..problem import Problem, Verdict
from ..task import SPLITS, read_knobs, split_of
from .bank import SALT, Bank, Share, open_bank, order, signs
from .lines import FreeLines, lines_of, normal
from .rubrics import Point, Rubric, read_rubric, read_rubrics

UNVERIFIED = "there is no verifier for a proof; a reward has to judge it"


class Proof(NamedTuple):
    """A claim of our own with its reference proof, line by line, and what it gets points for."""

    question: str
    solution: tuple[str, ...]
    rubric: Rubric


@dataclass(frozen=True)
class NoDifficulty:
    """The claims of our own have no knobs."""


class OpenProblems(FreeLines):
    """Prove the claim. Think in lines of text; the lines from the start to where you are, and your answer, are what you
    submit.

    Nothing is verified: the verdict is None, and the default reward says that it could not judge. Rewards for such
    problems are `metacot.rewards.ReferenceLikelihood` and `metacot.rewards.RubricReward`.

    Without arguments: claims of our own about whole numbers, with short reference proofs and rubrics.

    Args:
        data: path of a file or folder, or a name on the hub, see `metacot.tasks.data.stream`; problems without a
            reference solution are left out. Splits and knobs are those of the task `math`.
        source: the name of the data set that the file is in the format of (one of `metacot.tasks.data.SOURCES`).
        rubrics: file of rubrics, by the column `id` of the problems; see `read_rubrics`.
    """

    name = "open_ended"
    verifiable = False

    def __init__(self, data: str | None = None, source: str = "rows", rubrics: str | None = None):
        if data is None and rubrics is not None:
            raise ValueError("rubrics are for the problems of a file: give data, too")
        self._bank: Bank | None = None
        self._rubrics: Mapping[str, Rubric] = {} if rubrics is None else read_rubrics(rubrics)
        if data is not None:
            self._bank = open_bank(str(data), None, source, answered=False)
            self.words = signs(self._bank)

    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        seed, index = as_index(seed), as_index(index)  # plain ints, which JSON knows
        if self._bank is None:
            read_knobs(NoDifficulty, difficulty)
            data: tuple[Any, ...] = self._claim(seed, index, split)
        else:
            family = self._bank.family(split, read_knobs(Share, difficulty))
            if not 0 <= index < len(family):
                raise IndexError(f"split {split!r} has {len(family)} problems, there is no index {index}")
            data = self._posed(family[order(self.name, split, seed, len(family))[index]])
        return Problem(self.name, data, seed, index, split, difficulty)

    def _claim(self, seed: int, index: int, split: str) -> tuple[Any, ...]:
        if split not in SPLITS:
            raise ValueError(f"unknown split {split!r}; splits are {', '.join(SPLITS)}")
        rng = self.rng(seed, index, split)
        while True:
            claim = claim_of(rng)
            if split_of(SALT, normal(claim.question)) == split:
                return claim.question, claim.solution, tuple(map(tuple, claim.rubric))

    def _posed(self, record: Record) -> tuple[Any, ...]:
        rubric = self._rubrics.get(str(record.more.get("id")), ())
        return record.problem, lines_of(record.solution), tuple(map(tuple, rubric))

    def pose(self, *data: Any) -> Problem:
        """`pose("Prove ...", "solution, line by line", [["title", points, "what for"], ...])`; a claim is enough."""
        question, solution, rubric = (*data, None, None, None)[:3]
        if not (1 <= len(data) <= 3 and isinstance(question, str) and question.strip()):
            raise ValueError(f"a problem is a claim and, if known, a solution and a rubric, got {data!r}")
        if not isinstance(solution, str | None):
            raise ValueError(f"the solution of a problem is text, got {solution!r}")
        points = read_rubric(rubric or ())
        return Problem(self.name, (question.strip(), lines_of(solution), tuple(map(tuple, points))))

    def problem_key(self, problem: Problem) -> Hashable:
        return normal(problem.data[0])

    def count(self, split: str = "train", **difficulty: Any) -> int | None:
        if self._bank is not None:
            return len(self._bank.family(split, read_knobs(Share, difficulty)))
        self.problem(0, 0, split, **difficulty)  # raises for what it refuses
        return None

    def judge(self, problem: Problem, answer: str) -> Verdict:
        return Verdict(None, UNVERIFIED, answer)

    def rubric(self, problem: Problem) -> Rubric:
        """What a solution gets points for; empty where there is no rubric."""
        return tuple(Point(*point) for point in problem.data[2])


def claim_of(rng: np.random.Generator) -> Proof:
    """One of four kinds of claims, with numbers of its own."""

    def draw(low: int, high: int) -> int:
        return int(rng.integers(low, high + 1))

    match draw(0, 3):
        case 0:
            c = 2 * draw(0, 499) + 1
            return Proof(
                f"Prove that n^2 + {c}n is even for every integer n.",
                (
                    f"We have n^2 + {c}n = n(n + {c}).",
                    f"Since {c} is odd, one of n and n + {c} is even and the other is odd.",
                    "A product with an even factor is even, which proves the claim.",
                ),
                (
                    Point("Factoring", 1.0, f"Writes the number as n(n + {c}) or treats both parities of n."),
                    Point("Parity", 2.0, f"Says why one of n and n + {c} is even, using that {c} is odd."),
                    Point("Conclusion", 1.0, "Concludes that the product is even for every integer n."),
                ),
            )
        case 1:
            k = 2 * draw(1, 499) + 1
            return Proof(
                f"Prove that the sum of any {k} consecutive integers is divisible by {k}.",
                (
                    f"Let the integers be n, n + 1, ..., n + {k - 1}.",
                    f"Their sum is {k}n + {k * (k - 1) // 2}, because 1 + ... + {k - 1} is {k * (k - 1) // 2}.",
                    f"This equals {k}(n + {(k - 1) // 2}), a multiple of {k}.",
                ),
                (
                    Point("Sum", 2.0, f"Finds the sum {k}n + {k * (k - 1) // 2} or an equal form."),
                    Point("Factor", 2.0, f"Takes out the factor {k} and says that what is left is an integer."),
                ),
            )
        case 2:
            c = draw(1, 999)
            return Proof(
                f"Prove that {c}a^2 + {c}b^2 >= {2 * c}ab for all real numbers a and b.",
                (
                    f"The difference of both sides is {c}(a^2 - 2ab + b^2).",
                    f"This equals {c}(a - b)^2.",
                    "A square is never negative, so the left side is at least the right side.",
                ),
                (
                    Point("Square", 3.0, f"Writes the difference as {c}(a - b)^2."),
                    Point("Sign", 1.0, "Says that a square of a real number is not negative and concludes."),
                ),
            )
        case _:
            b = draw(3, 999)
            return Proof(
                f"Prove that {b}^n - 1 is divisible by {b - 1} for every positive integer n.",
                (
                    f"Modulo {b - 1} the number {b} leaves the remainder 1.",
                    f"So {b}^n leaves the remainder 1^n, which is 1, for every positive integer n.",
                    f"Hence {b}^n - 1 leaves the remainder 0, so {b - 1} divides it.",
                ),
                (
                    Point("Idea", 2.0, f"Uses {b} = 1 modulo {b - 1}, the factorisation of x^n - 1, or induction."),
                    Point("Execution", 2.0, "Carries it out for every positive integer n and concludes."),
                ),
            )
