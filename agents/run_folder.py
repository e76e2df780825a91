"""The folder of a run: its settings, and which stages are finished. A finished stage is not done again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .files import write_whole
from .presets import RunSettings


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

    def stage(self, name: str, work: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
        """Do `work(folder)` unless it is finished already; returns what it returned, and `seconds` it took in all.

        The result is written after everything else, so a stage counts as finished only when it is.
        """
        folder = self.path / name
        record = folder / "done.json"
        if record.exists():
            found: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
            return found
        folder.mkdir(parents=True, exist_ok=True)
        clock = folder / "seconds.json"
        before = json.loads(clock.read_text(encoding="utf-8")) if clock.exists() else 0.0
        began = time.perf_counter()
        try:
            result = work(folder)
        finally:
            spent = round(before + time.perf_counter() - began, 1)
            write_whole(clock, json.dumps(spent))
        write_whole(record, json.dumps(result | {"seconds": spent}, sort_keys=True) + "\n")
        return result | {"seconds": spent}

    def clock(self) -> dict[str, float]:
        """See `stage_seconds`."""
        return stage_seconds(self.path)


def stage_seconds(path: Path) -> dict[str, float]:
    """Seconds each stage of a run has taken so far, over all its sessions that ended by themselves."""
    found = sorted(path.glob("*/seconds.json"), key=lambda file: file.stat().st_mtime)
    return {file.parent.name: float(json.loads(file.read_text(encoding="utf-8"))) for file in found}
