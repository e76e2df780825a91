"""A policy that is a function or a file: for tests, for examples, and to see what a search makes of known proposals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..policy import MAX_LINE_TOKENS, Line

Speaker = Callable[[str, int, int], str]
"""(whole context, row, lines that the row wrote before) -> the next line."""


@dataclass(frozen=True)
class ScriptedPolicy:
    """Every line is what `speak` says; nothing is left to chance. A token is a word."""

    speak: Speaker
    name: str = "script"
    exact_ids = False

    @classmethod
    def read(cls, path: str | Path) -> ScriptedPolicy:
        """A text file. Paragraphs (between blank lines) are parts: row i speaks the lines of part i, round and round,
        and gives up after the last one. Raises OSError, or ValueError where there is no line in it."""
        parts = [part.splitlines() for part in Path(path).read_text(encoding="utf-8").split("\n\n") if part.strip()]
        parts = [[line.strip() for line in part if line.strip()] for part in parts]
        if not parts:
            raise ValueError(f"{path} holds no line to speak")

        def speak(context: str, row: int, turn: int) -> str:
            part = parts[row % len(parts)]
            return part[turn] if turn < len(part) else "give up"

        return cls(speak, f"script:{path}")

    def open(
        self,
        prompts: Sequence[str],
        *,
        temperature: float = 1.0,
        seeds: Sequence[int] | None = None,
        max_line: int = MAX_LINE_TOKENS,
    ) -> ScriptedSession:
        """See `Policy.open`; temperature and seeds change nothing."""
        return ScriptedSession(self.speak, prompts, max_line)


@dataclass(frozen=True)
class _Row:
    context: str
    turn: int = 0
    open: bool = True


class ScriptedSession:
    """Contexts as text; every open row is asked at once."""

    def __init__(self, speak: Speaker, prompts: Sequence[str], max_line: int):
        self._speak = speak
        self._max_line = max_line
        self._rows = [_Row(prompt) for prompt in prompts]

    def feed(self, row: int, text: str) -> None:
        self._rows[row] = replace(self._rows[row], context=self._rows[row].context + text)

    def close(self, row: int) -> None:
        self._rows[row] = replace(self._rows[row], open=False)

    def fork(self, row: int) -> int:
        if not self._rows[row].open:
            raise ValueError(f"row {row} is closed")
        self._rows.append(self._rows[row])
        return len(self._rows) - 1

    def sample(self) -> list[Line]:
        found = []
        for number, row in enumerate(self._rows):
            if row.open:
                words = self._speak(row.context, number, row.turn).partition("\n")[0].split()[: self._max_line]
                line = " ".join(words)
                self._rows[number] = _Row(f"{row.context}{line}\n", row.turn + 1)
                found.append(Line(number, line, len(words), 0.0))
        return found
