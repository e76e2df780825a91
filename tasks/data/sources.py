"""The data sets known by name: where they are on the hub, their licence, and how a row of theirs is read.

Which column holds what is a `Columns`; where a data set has several versions the first column that is there counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .boxes import boxes
from .chains import math_shepherd, prm800k, processbench
from .records import Chain, Record, Rollout
from .rollouts import sokoban_rollout

Item = Record | Chain | Rollout


@dataclass(frozen=True)
class Columns:
    """For each field of a `Record`, the columns that may hold it; of those that are there the first counts.

    A difficulty may be a number or a text with one in it ("Level 5"). `solution` may be a list or a family of columns
    (solution_1, solution_2, ...); the first solution counts.
    """

    problem: tuple[str, ...] = ("problem", "question", "Problem", "Question", "prompt", "input")
    answer: tuple[str, ...] = ("answer", "final_answer", "gt_answer", "Answer", "target", "expected_answer")
    solution: tuple[str, ...] = ("solution", "Solution", "solution_1", "generated_solution", "rationale")
    source: tuple[str, ...] = ("source", "data_source", "problem_source")
    licence: tuple[str, ...] = ("license", "licence")
    difficulty: tuple[str, ...] = ("difficulty", "level")
    solve_rate: tuple[str, ...] = ("solve_rate", "llama8b_solve_rate", "accuracy", "pass_rate")
    domain: tuple[str, ...] = ("domain", "type", "subject", "subfield", "data_topic")


def mapped(columns: Mapping[str, str]) -> Columns:
    """The usual columns, but for those given: field -> column. Raises ValueError for a field that records lack."""
    fields = Columns.__dataclass_fields__
    if unknown := columns.keys() - fields.keys():
        raise ValueError(f"columns are given for {', '.join(fields)}; got {', '.join(sorted(unknown))}")
    return replace(Columns(), **{name: (column,) for name, column in columns.items()})


@dataclass(frozen=True)
class Source:
    """A data set. hub, config, split: what `datasets.load_dataset` is asked for; None = it is not on the hub.

    read: a row, the source and the columns -> the items in it; raises ValueError with the rule that the row breaks.
    """

    name: str
    about: str
    hub: str | None = None
    config: str | None = None
    split: str = "train"
    licence: str = "unknown"
    read: Callable[[Mapping[str, Any], Source, Columns], list[Any]] = lambda row, source, columns: [
        record(row, source, columns)
    ]


def record(row: Mapping[str, Any], source: Source, columns: Columns) -> Record:
    """A row as a record. Raises ValueError where it has no problem, or a solve rate outside [0, 1]."""
    found = {name: _first(row, getattr(columns, name)) for name in Columns.__dataclass_fields__}
    problem, solution, answer = (_text(found[name][1]) for name in ("problem", "solution", "answer"))
    if not problem:
        raise ValueError(f"a problem is needed in one of the columns {', '.join(columns.problem)}")
    if answer is None and solution is not None:
        answer = next(reversed(boxes(solution)), None)
    rate = _number(found["solve_rate"][1])
    if rate is not None and not 0 <= rate <= 1:
        raise ValueError(f"a solve rate is in [0, 1], got {rate:g}")
    used = {column for column, _ in found.values()}
    return Record(
        problem=problem,
        answer=answer,
        solution=solution,
        source=_text(found["source"][1]) or source.name,
        licence=_text(found["licence"][1]) or source.licence,
        difficulty=_number(found["difficulty"][1]),
        solve_rate=rate,
        domain=_domain(found["domain"][1]),
        # A difficulty such as "Competition" is no number: it stays with the rest.
        more={name: value for name, value in row.items() if name not in used or name in columns.difficulty},
    )


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str | None, Any]:
    return next(((name, row[name]) for name in names if row.get(name) not in (None, "", [])), (None, None))


def _text(value: Any) -> str | None:
    """A value as text: of a list the items, where there is one the item; whole floats as whole numbers."""
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) or "" for item in value) or None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None else str(value).strip() or None


def _number(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return None if value != value else float(value)
    found = re.fullmatch(r"\D*?(\d+(?:\.\d+)?)\D*", value) if isinstance(value, str) else None
    return float(found[1]) if found else None


def _domain(value: Any) -> tuple[str, ...]:
    """`["Mathematics -> Algebra -> Equations"]`, `"Mathematics -> Algebra"` and `"Algebra"` alike."""
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return tuple(part.strip() for part in str(value).split("->")) if value else ()


# data sets with ways of their own -----------------------------------------------------------------------------------


def _gsm8k(row: Mapping[str, Any], source: Source, columns: Columns) -> list[Record]:
    """The answer follows "####"; what a calculator was told, `<<48/2=24>>`, is no part of the solution."""
    solution, mark, answer = str(row.get("answer", "")).rpartition("####")
    if not mark:
        raise ValueError("the answer of a GSM8K row follows ####")
    plain = {**row, "answer": answer.strip(), "solution": re.sub("<<[^<>]*>>", "", solution).strip()}
    return [record(plain, source, columns)]


def _harp(row: Mapping[str, Any], source: Source, columns: Columns) -> list[Record]:
    """The further solutions stay in `more`, the contest is the source; proof problems have no answer."""
    contest = " ".join(str(row[name]) for name in ("contest", "year", "number") if row.get(name) is not None)
    found = record({**row, "source": row.get("source") or f"harp: {contest}"}, source, columns)
    # A box at the end of a proof is no final answer.
    return [found if "answer" in row else replace(found, answer=None)]


def _olympiad_bench(row: Mapping[str, Any], source: Source, columns: Columns) -> list[Record]:
    """The context, where there is one, comes before the question; the unit belongs to the answer's conventions."""
    question = "\n\n".join(str(row[name]) for name in ("context", "question") if row.get(name))
    solutions = row.get("solution")
    solution = solutions[0] if isinstance(solutions, list) and solutions else solutions
    return [record({**row, "question": question, "solution": solution}, source, columns)]


def _svamp(row: Mapping[str, Any], source: Source, columns: Columns) -> list[Record]:
    question = f"{str(row.get('Body', '')).strip().rstrip('.')}. {row.get('Question', '')}"
    return [record({**row, "Question": question, "type": row.get("Type")}, source, columns)]


SOURCES = {
    source.name: source
    for source in (
        Source("gsm8k", "grade-school word problems", "openai/gsm8k", "main", "train", "MIT", _gsm8k),
        Source("math", "competition problems in five levels", "DigitalLearningGmbH/MATH-lighteval", licence="MIT"),
        Source("math500", "the held-out 500 of MATH", "HuggingFaceH4/MATH-500", split="test", licence="MIT"),
        Source("big_math", "251,122 curated problems with solve rates", "SynthLabsAI/Big-Math-RL-Verified"),
        Source("harp", "US competitions, six levels, proofs apart", licence="MIT", read=_harp),
        Source("omni_math", "olympiads, difficulty 1-10", "KbsdJames/Omni-MATH", split="test", licence="Apache-2.0"),
        Source("aime", "AIME 1983-2024", "gneubig/aime-1983-2024", licence="CC0-1.0"),
        Source(
            "olympiad_bench",
            "olympiads in mathematics and physics",
            "Hothan/OlympiadBench",
            "OE_TO_maths_en_COMP",
            licence="Apache-2.0",
            read=_olympiad_bench,
        ),
        Source("svamp", "easy word problems", "ChilleD/SVAMP", licence="MIT", read=_svamp),
        Source("prm800k", "steps judged by people", licence="MIT", read=prm800k),
        Source("math_shepherd", "steps judged by rollouts", "peiyi9979/Math-Shepherd", read=math_shepherd),
        Source(
            "processbench",
            "the first error of model solutions",
            "Qwen/ProcessBench",
            split="gsm8k",
            licence="Apache-2.0",
            read=processbench,
        ),
        Source("sokoban_rollouts", "conversations of a model with Sokoban", licence="Apache-2.0", read=sokoban_rollout),
        Source("rows", "any file with the usual columns"),
    )
}
"""Every data set by name."""
