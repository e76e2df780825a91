"""The folder of a run: its settings, and which stages are finished. A finished stage is not done again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .files import clear_halves, write_whole
from .presets import RunSettings
from .stopwatch import Stopwatch

DONE = "done.json"
"""The file in the folder of a stage that says that it is finished."""


class RunFolder:
    """`path` with `config.json`, one folder a stage, `metrics.jsonl`, `eval.json` and `report.html`.

    Raises ValueError where the folder holds a run with other settings or another seed.
    """

    def __init__(self, path: Path, settings: RunSettings, seed: int):
        self.path = path
        config = json.dumps({"seed": seed, "settings": json.loads(settings.to_json())}, indent=1, sort_keys=True) + "\n"
        there = path / "config.json"
        if there.exists():
            if there.read_text(encoding="utf-8") != config:
                raise ValueError(f"{path} holds a run with other settings or another seed; choose another --out")
        else:
            write_whole(there, config)

    def finished(self, names: Iterable[str]) -> bool:
        """Are all these stages finished?"""
        return all((self.path / name / DONE).exists() for name in names)

    def stage(self, name: str, work: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
        """Do `work(folder)` unless it is finished already; returns what it returned, and `seconds` it took in all.

        The result is written after everything else, so a stage counts as finished only when it is.
        """
        folder = self.path / name
        record = folder / DONE
        if record.exists():
            found: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
            return found
        folder.mkdir(parents=True, exist_ok=True)
        clear_halves(folder)
        watch = Stopwatch(folder / "seconds.json")
        with watch.saving():
            result = work(folder)
        result |= {"seconds": watch.save()}
        write_whole(record, json.dumps(result, sort_keys=True) + "\n")
        return result


def stage_seconds(path: Path) -> dict[str, float]:
    """Seconds each stage of a run has taken so far, over all its sessions; a kill costs at most the last few."""
    found = sorted(path.glob("*/seconds.json"), key=lambda file: file.stat().st_mtime)
    return {file.parent.name: float(json.loads(file.read_text(encoding="utf-8"))) for file in found}
