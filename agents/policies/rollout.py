"""Language models in text environments: many episodes at once, each in its own environment, in lockstep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...tasks import Problem, Trace
from ..evaluation.episodes import measure
from .lockstep import LockstepSession
from .model import LanguageModel, own_precision


@dataclass(frozen=True)
class RolloutSettings:
    """temperature: 0.0 = greedy. batch: episodes at once.

    seed, first: episode i draws the random numbers at address (seed, first + i), so that its tokens do not depend on
    how the episodes are cut into batches or spread over processes.
    max_tokens: an episode is cut when its context has grown to so many tokens.
    """

    temperature: float = 1.0
    seed: int = 0
    first: int = 0
    batch: int = 256
    max_tokens: int = 1024


@dataclass(slots=True)
class Rollout:
    """One episode of a language model.

    ids, mine: all token ids, and 1 for those the model wrote. prompt: how many came before its first.
    returns: one number for every id after the prompt: the rewards from its line on.
    reward: the sum of all rewards. cut: did it end because its context had grown to the limit? The counts are those of
    `Episode`.
    """

    ids: list[int]
    mine: list[int]
    prompt: int
    returns: list[float]
    reward: float
    trace: Trace
    success: bool
    steps: int
    tokens: int
    backtracks: int
    repeated: int
    refused: int
    cut: bool


@dataclass(slots=True)
class _Line:
    """Where a line ended in the context, and what the environment paid for it."""

    end: int
    reward: float


@dataclass(slots=True)
class _Seat:
    """An environment, and what has been paid so far. written: tokens of the line that it is handed."""

    environment: Any
    prompt: str
    lines: list[_Line] = field(default_factory=list)
    written: int = 0
    trace: Trace | None = None
    cut: bool = False

    def count(self, line: str) -> int:
        """The tokens of a line, for the environment. Should one hold several lines, they are those of the first."""
        written, self.written = self.written, 0
        return written


def roll_out(
    language_model: LanguageModel,
    environment: Callable[[], Any],
    problems: Sequence[Problem],
    settings: RolloutSettings,
    progress: Callable[[int], None] | None = None,
) -> list[Rollout]:
    """One episode a problem, in order. `progress` is told how many more episodes have ended."""
    done: list[Rollout] = []
    with own_precision(language_model.model):
        for start in range(0, len(problems), settings.batch):
            part = problems[start : start + settings.batch]
            done += _roll_batch(language_model, environment, part, replace(settings, first=settings.first + start))
            if progress is not None:
                progress(len(part))
    return done


def _roll_batch(
    language_model: LanguageModel,
    environment: Callable[[], Any],
    problems: Sequence[Problem],
    settings: RolloutSettings,
) -> list[Rollout]:
    seats = []
    for problem in problems:
        made = environment()
        observation, _ = made.reset(options={"problem": problem})
        seats.append(_Seat(made, observation))
        made.unwrapped.set_counter(seats[-1].count)
    prompts = language_model.encode([seat.prompt for seat in seats])
    ends = language_model.line_ends
    session = LockstepSession(
        language_model.model,
        prompts,
        ends=ends,
        temperature=settings.temperature,
        seed=settings.seed,
        first=settings.first,
    )
    while lines := session.sample():
        texts = language_model.decode([ids for _, ids in lines])
        answered: list[tuple[int, str]] = []
        for (row, ids), text in zip(lines, texts, strict=True):
            seats[row].written = len(ids)
            reply = _turn(seats[row], text, len(session.rows[row].ids))
            cut = len(session.rows[row].ids) + session.max_line >= settings.max_tokens
            if reply is None or cut:
                session.close(row)
                if reply is not None:  # shaping closes its accounts
                    seats[row].lines[-1].reward += seats[row].environment.get_wrapper_attr("cut")()[0]
                seats[row].trace = seats[row].environment.unwrapped.trace()
                seats[row].cut = reply is not None
            elif reply or not text.endswith("\n"):
                answered.append((row, reply if text.endswith("\n") else "\n" + reply))
        if answered:
            for (row, _), more in zip(answered, language_model.encode([text for _, text in answered]), strict=True):
                session.feed(row, more)
    return [_rollout(seat, session.rows[row], len(prompts[row])) for row, seat in enumerate(seats)]


def _turn(seat: _Seat, text: str, end: int) -> str | None:
    """Hand one line to the environment; its answer, or None where the episode is over."""
    observation, reward, terminated, truncated, _ = seat.environment.step(text)
    seat.lines.append(_Line(end, float(reward)))
    return None if terminated or truncated else str(observation)


def _rollout(seat: _Seat, row: Any, prompt: int) -> Rollout:
    assert seat.trace is not None, "every row is closed with its trace"
    end = seat.lines[-1].end
    mine = [int(flag) for flag in row.mine[:end]]
    episode = measure(seat.environment.unwrapped.task, seat.trace, problem=0)
    return Rollout(
        ids=row.ids[:end],
        mine=mine,
        prompt=prompt,
        returns=_returns(seat.lines, prompt),
        reward=sum(line.reward for line in seat.lines),
        trace=seat.trace,
        success=episode.success,
        steps=episode.steps,
        tokens=sum(mine),
        backtracks=episode.backtracks,
        repeated=episode.repeated,
        refused=episode.refused,
        cut=seat.cut,
    )


def _returns(lines: Sequence[_Line], prompt: int) -> list[float]:
    """For each token after the prompt, the rewards from the line it belongs to on (undiscounted)."""
    returns: list[float] = []
    left = sum(line.reward for line in lines)
    for line in lines:
        returns += [left] * (line.end - prompt - len(returns))
        left -= line.reward
    return returns
