"""A finished run, read back from its folder alone: its table and its report can be made again at any time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import tasks
from .evaluation.episodes import Evaluation
from .evaluation.report import write_report
from .evaluation.seeds import seeds_text
from .evaluation.systems import PAIRS
from .evaluation.table import comparisons, comparisons_text, rows, table_text
from .run_folder import stage_seconds
from .tracking import read_metrics


@dataclass(frozen=True)
class FinishedRun:
    """path: the folder. config: the content of `config.json`, "seed" and "settings".

    evaluations: that of the test split first, then those of other held-out splits, such as a file of puzzles.
    """

    path: Path
    config: dict[str, Any]
    evaluations: tuple[Evaluation, ...]

    @classmethod
    def read(cls, path: Path) -> FinishedRun:
        """Raises FileNotFoundError where there is no run or it is not finished, ValueError where it is unreadable."""
        config = _read(path / "config.json", "holds no run")
        texts = [_read(path / "eval.json", "holds a run that is not finished; the command that began it goes on")]
        texts += [file.read_text(encoding="utf-8") for file in sorted(path.glob("eval-*.json"))]
        try:
            return cls(path, json.loads(config), tuple(map(Evaluation.from_json, texts)))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} holds a run that cannot be read: {error}") from error

    def table(self) -> str:
        """The table of each evaluation and the comparisons below it, for a terminal."""
        return "\n".join(
            f"{found.task}, {len(found.problems)} held-out problems of split {found.split!r}, seed {found.seed}\n\n"
            f"{table_text(rows(found, PAIRS))}\n{comparisons_text(comparisons(found, PAIRS))}"
            for found in self.evaluations
        )

    def report(self) -> Path:
        """Write `report.html` and return its path. Raises what making the task raises, if its files are gone."""
        settings = self.config["settings"]
        return write_report(
            self.path,
            self.evaluations[0],
            read_metrics(self.path / "metrics.jsonl"),
            self.config,
            pairs=PAIRS,
            others=self.evaluations[1:],
            clock=stage_seconds(self.path),
            task=tasks.make(settings["task"], **settings["task_options"]),
        )


def side_by_side(folders: list[Path]) -> str:
    """One summary a split over the runs of several seeds."""
    found = [FinishedRun.read(folder).evaluations for folder in folders]
    return "\n".join(seeds_text(split) for split in zip(*found, strict=True))


def _read(file: Path, otherwise: str) -> str:
    if not file.is_file():
        raise FileNotFoundError(f"{file.parent} {otherwise} (there is no {file.name})")
    return file.read_text(encoding="utf-8")
