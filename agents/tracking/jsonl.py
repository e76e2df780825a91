"""Metrics in a file, a line of JSON each.

The file is the truth of a run: it survives a kill in the middle of a line, and a stage that is resumed from a
checkpoint first takes back the rows it will write again.
"""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import Any

from ..files import write_whole
from .tracker import Tracker

MetricsRow = dict[str, Any]
"""One line of metrics.jsonl: "stage", "step", "time" (seconds since 1970) and the metrics by name."""


class JsonlTracker(Tracker):
    """Appends one line of JSON per call to a file; numbers that are not finite are written as null.

    Opening the file of a run that was killed drops a half-written last line and goes on after it.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file: int | None = self._open()

    def _open(self) -> int:
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        whole = self.path.read_bytes().rfind(b"\n") + 1
        if whole < self.path.stat().st_size:
            os.ftruncate(file, whole)
        return file

    def _log(self, stage: str, step: int, metrics: dict[str, float]) -> None:
        if self._file is None:
            raise ValueError(f"{self.path} is finished")
        numbers = {name: value if math.isfinite(value) else None for name, value in metrics.items()}
        line = json.dumps({"stage": stage, "step": step, "time": round(time.time(), 3), **numbers}) + "\n"
        # One write per line: whoever reads the file while it grows sees whole lines, as far as the system allows.
        os.write(self._file, line.encode())

    def rewind(self, stage: str, step: int) -> None:
        if self._file is None:
            raise ValueError(f"{self.path} is finished")
        lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        rows = [json.loads(line) for line in lines]
        kept = [line for line, row in zip(lines, rows, strict=True) if row["stage"] != stage or row["step"] < step]
        if len(kept) < len(lines):
            os.close(self._file)
            write_whole(self.path, "".join(kept))
            self._file = self._open()

    def finish(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def read_metrics(path: str | Path) -> list[MetricsRow]:
    """The rows of a metrics file in order, null as NaN; empty where there is no file.

    A half-written last line is not a row yet. Raises ValueError that names any other line that cannot be read.
    """
    if not Path(path).exists():
        return []
    lines = Path(path).read_bytes().split(b"\n")[:-1]
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            rows.append({name: math.nan if value is None else value for name, value in row.items()})
        except (ValueError, AttributeError) as error:
            raise ValueError(f"{path}, line {number}: not a row of metrics") from error
    return rows
