"""`TextReasoning`: any task as an environment in which one thinks in lines of text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from ..rewards.outcome import Reward, Transition
from ..tasks import Action, Event, GiveUp, NewAttempt, Refused, Submit, Task, Trace, Verdict
from ..tasks.decoy import Decoy
from ..tasks.grammar import CLOSE, FEEDBACK, MAX_LINE, perform, prompt, read, reply
from ..tasks.trace import new_attempt_text
from .base import TaskEnv
from .instructions import STYLES, instructions
from .spaces import Words

LONGEST = 1 << 16
"""Declared length of observations; the longest are prompts with a worked example on a large grid."""


class Line(NamedTuple):
    """What came of one line. action and event are None where it was a free mark or was not carried out."""

    said: str
    reward: float
    terms: dict[str, float] | None
    judged: bool
    action: Action | None = None
    event: Event | None = None


class TextReasoning(TaskEnv[str, str]):
    """Search by writing: one action a line, in a context that only grows.

    ## Task
    One problem of a `metacot.tasks.Task` an episode. Think in lines (steps, `back #N`), then commit `answer ...`, or
    `give up` where the problem has no solution; within `budget` steps and `tokens` tokens. The lines are those of
    `metacot.tasks.grammar`, the same for every task.

    ## Observation
    `Text`: what the environment adds to the context. After a reset the prompt: `instructions(style)`, the question and
    a line `<think>`. After a step the replies to its lines, each with its line end. `feedback="state"`: a step or a
    move to a node is answered by node number, state in brief, and `solved` where it is; a line that is no legal action
    by `refused` and the reason. `"none"`: nothing is ever answered, the reasoner keeps track. `"random"`, a control:
    as "state", but the states are those of another problem. `info` holds `success`, `reached`, `steps`, `tokens`, and
    at every step `events`, `actions` (one each a line that was carried out), `unread` (lines that were not, because
    the attempt was over), `reward_terms`, `judged`; at the end also `trace`, of which `metacot.tasks.emit` makes the
    text of the episode.

    ## Actions
    Any str, of one or more lines; the space names a charset and a length only because Gymnasium asks for them. `answer`
    without anything commits what the path to the cursor stands for. Blank lines between lines are skipped, an
    altogether blank action is one refused line, and what follows the end of the attempt is counted but not read.
    `</think>` is free once an attempt. No text of any kind raises.

    ## Reward
    As in `ReasoningEnv`: the weighted sum of the reward terms over the lines of the action; by default 1.0 for a
    verified answer (or a verified giving up), else 0.0.

    ## Episode end
    `terminated`: an answer was committed, right or wrong, or the attempt was given up. `truncated`: a budget is spent.
    Steps, moves to nodes and refused lines cost one step each; answers, giving up and the first `</think>` are free.
    So whoever stands at a solved state when the steps are spent may still answer or give up, and any other line
    truncates without being carried out; in all other cases the episode is truncated with its last step. A line that
    goes past the token budget is not carried out either. Reaching a solved state ends nothing.

    ## Arguments
    - `task`, `task_options`, `split`, `difficulty`, `budget` (None), `rewards`, `value`, `render_mode`: as in
      `ReasoningEnv`, with the same addresses and reset options. With `value`, `info["value"]` is that of the cursor.
    - `feedback` ("state", "none" or "random"): see Observation.
    - `style` ("none", "short" or "full"): see `metacot.envs.instructions`; "none" is the question alone.
    - `tokens` (None): tokens the reasoner may write in the episode. `count_tokens` (None): a function from a line,
      without line end, to its number of tokens; None counts words. (A function has no JSON spelling.)
    With `gym.make` also `trial`: see `metacot.envs.Trial`.

    ## Registered ids
    `MetaCoT/<Name>Text-v0` for every registered task: `MetaCoT/Game24Text-v0`.

    ## Version history
    - v0: first version.
    """

    def __init__(
        self,
        task: str | Task[Any, Any],
        *,
        task_options: Mapping[str, Any] | None = None,
        split: str = "train",
        difficulty: str | Mapping[str, Any] | None = None,
        budget: int | None = None,
        feedback: str = "state",
        style: str = "none",
        tokens: int | None = None,
        count_tokens: Callable[[str], int] | None = None,
        rewards: Mapping[str, float] | Iterable[tuple[Reward, float]] | None = None,
        value: str | None = None,
        render_mode: str | None = None,
    ):
        super().__init__(
            task,
            task_options=task_options,
            split=split,
            difficulty=difficulty,
            budget=budget,
            rewards=rewards,
            value=value,
            render_mode=render_mode,
        )
        if feedback not in FEEDBACK:
            raise ValueError(f"feedback must be one of {', '.join(FEEDBACK)}, got {feedback!r}")
        if style not in STYLES:
            raise ValueError(f"style must be one of {', '.join(STYLES)}, got {style!r}")
        if feedback == "random" and not self.task.enumerable:
            raise ValueError(f"feedback 'random' takes legal steps, which {self.task.name} cannot list")
        self.feedback = feedback
        self.style = style
        self.tokens = 0
        self.attempts = 1
        self.set_token_budget(tokens, count_tokens)

    def set_token_budget(self, tokens: int | None, count_tokens: Callable[[str], int] | None = None) -> None:
        """How many tokens may be written in an episode, and how they are counted: see Arguments."""
        if tokens is not None and not (isinstance(tokens, int) and tokens >= 1):
            raise ValueError(f"tokens must be None or a whole number, at least 1, got {tokens!r}")
        self.token_budget = tokens
        self._count_tokens = count_tokens or _words

    def set_counter(self, count_tokens: Callable[[str], int]) -> None:
        """Count tokens so, unless it was said how; for whoever writes the lines and knows."""
        if self._count_tokens is _words:
            self._count_tokens = count_tokens

    # Made when asked for: a batch of rollouts has an environment a row, and never looks at the spaces.

    @cached_property
    def observation_space(self) -> Words:  # type: ignore[override]
        return self._space(LONGEST)

    @cached_property
    def action_space(self) -> Words:  # type: ignore[override]
        return self._space(MAX_LINE)

    def _space(self, longest: int) -> Words:
        owner = self.spec.id if self.spec else f"the text environment of {self.task.name}"
        return Words(owner, longest, "".join(self.task.words))

    def instructions(self, style: str) -> str:
        """What comes before the question in this style; the worked example is never the present problem."""
        avoid = getattr(self, "problem", None)
        return instructions(
            self.task,
            style,
            feedback=self.feedback,
            attempts=self.attempts,
            difficulty=self._dealer.difficulty,
            avoid=avoid,
        )

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self._begin(seed, options)
        self.tokens, self._told, self._written = 0, 0, False
        self._actions: list[Action] = []
        self._decoy: Decoy | None = None
        if self.feedback == "random":
            self._decoy = Decoy.beside(self.task, self.problem, **self._dealer.difficulty)
        return self.instructions(self.style) + prompt(self.task, self.problem), self._enter()

    def new_attempt(self, outcome: str | None = None) -> tuple[str, dict[str, Any]]:
        """Begin another attempt on the same tree, with the cursor at the start; for `Trial`."""
        mark = NewAttempt(outcome)
        self._actions.append(mark)
        self.tree.do(mark)
        self._begin_attempt()
        begun = sum(isinstance(action, NewAttempt) for action in self._actions)
        return new_attempt_text(begun + 1, outcome), self._enter()

    def _enter(self) -> dict[str, Any]:
        """The first info of an attempt."""
        self._closed = False
        self.reached = self.reached or self.tree.solved
        return self._info()

    def _info(self) -> dict[str, Any]:
        info: dict[str, Any] = {
            "success": self.success,
            "reached": self.reached,
            "steps": self.steps,
            "tokens": self.tokens,
        }
        if self.value is not None:
            info["value"] = self._value_here()
        return info

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        self._expect_running()
        said: list[str] = []
        actions: list[Action] = []
        events: list[Event] = []
        reward = 0.0
        judged = True
        terms = self._judge.nothing.copy()
        unread = 0
        lines = self.lines(action)
        for line in lines:
            done = self.line(line)
            said.append(done.said)
            reward += done.reward
            judged = judged and done.judged
            if done.terms:
                terms = {name: terms[name] + term for name, term in done.terms.items()}
            if done.action is not None and done.event is not None:
                actions.append(done.action)
                events.append(done.event)
            if self._over:  # the rest is counted, not read
                unread = sum(1 for _ in lines) + (done.action is None)
        info = self._info()
        info |= {"actions": actions, "events": events, "unread": unread, "reward_terms": terms, "judged": judged}
        if self._over:
            info["trace"] = self.trace()
        terminated = self.verdict is not None
        return "".join(said), reward, terminated, self._over and not terminated, info

    @staticmethod
    def lines(text: Any) -> Iterator[str]:
        """The lines of an action that count: those that are not blank, or one blank line. Raises TypeError."""
        if not isinstance(text, str):
            raise TypeError(f"an action is text, got {type(text).__name__}")
        start, found = 0, False
        while start <= len(text):
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            if line := text[start:end].strip():
                found = True
                yield line
            start = end + 1
        if not found:
            yield ""

    def line(self, line: str) -> Line:
        """Carry out one line; afterwards the episode may be over."""
        tokens = self.tokens + self._count_tokens(line)
        if self.token_budget is not None and tokens > self.token_budget:
            self._written = True
            return self._end(None)
        self.tokens = tokens
        if line == CLOSE and not self._closed:
            self._closed = True
            return Line("", 0.0, None, True)
        tree, before = self.tree, self.tree.cursor
        if self.steps >= self._limit and not isinstance(read(tree, line), Submit | GiveUp):
            return self._end(None)
        action, event = perform(tree, line)
        self._actions.append(action)
        if isinstance(action, Submit | GiveUp):
            return self._end(event.verdict, before, action, event)
        self.steps += 1
        answered = reply(tree, action, event, self.feedback, self._decoy)
        said = answered + "\n" if answered else ""
        solved = tree.solved
        if solved and not isinstance(action, Refused):
            self.reached = True
        if self.steps >= self._limit and not solved:
            return self._end(None, before, action, event, said)
        if not self._judge.dense:
            return Line(said, 0.0, None, True, action, event)
        return Line(said, *self._judge(self._transition(event.kind, before, 1)), action, event)

    def _transition(self, kind: str, before: int, cost: int) -> Transition:
        written, self._told = self.tokens - self._told, self.tokens
        over, verdict = self._over, self.verdict
        return Transition(
            self.tree, kind, before, cost, self.steps, over, verdict, self.budget, self._first, self.tokens, written
        )

    def _end(
        self,
        verdict: Verdict | None,
        before: int | None = None,
        action: Action | None = None,
        event: Event | None = None,
        said: str = "",
    ) -> Line:
        """The attempt is over: with a verdict, or cut off."""
        self._over = True
        self.verdict = verdict
        self.success = verdict is not None and verdict.correct is True
        kind, cost = ("refused", 0) if event is None else (event.kind, int(verdict is None))
        before = self.tree.cursor if before is None else before
        return Line(said, *self._judge(self._transition(kind, before, cost)), action, event)

    def cut(self) -> tuple[float, dict[str, float]]:
        self._expect_running()
        self._written = True
        done = self._end(None)
        return done.reward, done.terms or {}

    @property
    def spent(self) -> bool:
        return self._written or super().spent

    def trace(self) -> Trace:
        """The episode so far. `metacot.tasks.emit` makes of it the text as the environment understood it: without
        spaces around lines, with `</think>` right before the answer."""
        source = {"source": "environment", "feedback": self.feedback}
        if self._decoy is not None:
            source["decoy"] = self._decoy.problem.to_json()
        return Trace(self.problem, tuple(self._actions), source)

    def snapshot(self) -> Any:
        counters = self.steps, self.tokens, self.success, self.reached, self._limit, self._over, self._written
        kept = self.attempt_budget, self._closed, self._actions[:], _copy(self._decoy), self.verdict
        return self.problem, self.tree.copy(), counters, (*kept, self._first, self._told, self.budget)

    def restore(self, snapshot: Any) -> None:
        self.problem, tree, counters, kept = snapshot
        self.tree = tree.copy()
        self.steps, self.tokens, self.success, self.reached, self._limit, self._over, self._written = counters
        self.attempt_budget, self._closed, actions, decoy, self.verdict, self._first, self._told, self.budget = kept
        self._actions, self._decoy = actions[:], _copy(decoy)


def _copy(decoy: Decoy | None) -> Decoy | None:
    return None if decoy is None else decoy.copy()


def _words(line: str) -> int:
    return len(line.split())
