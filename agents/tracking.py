"""Where the numbers of a run go: a JSONL file always, Weights & Biases through the same interface, or nowhere.

The file is the truth of a run: it survives a kill in the middle of a line, and a stage that is resumed from a
checkpoint first takes back the rows it will write again. Left out on purpose: pictures, tables and model files.
"""

from __future__ import annotations

import json
import math
import os
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from ..tasks.extras import require
from .files import write_whole
from .metrics import ANY_STAGE, METRICS, stage_of

MetricsRow = dict[str, Any]
"""One line of metrics.jsonl: "stage", "step", "time" (seconds since 1970) and the metrics by name."""


class Tracker(ABC):
    """Takes the metrics of a run. As a context manager it finishes on the way out."""

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Record metrics of one stage at one of its steps.

        metrics: names of METRICS, all of one group; "time/..." may go with any. step: 0 or more, counted per stage;
        several calls may share it.

        Raises KeyError for an unknown name, ValueError for metrics of no or of several stages and for a bad step.
        """
        if not isinstance(step, int) or isinstance(step, bool) or step < 0:
            raise ValueError(f"step must be a whole number of 0 or more, got {step!r}")
        stage = stage_of(frozenset(metrics))
        self._log(stage, step, {name: float(value) for name, value in metrics.items()})

    @abstractmethod
    def _log(self, stage: str, step: int, metrics: dict[str, float]) -> None:
        """`log` after all checks."""

    def rewind(self, stage: str, step: int) -> None:  # noqa: B027 (doing nothing is right where nothing is kept)
        """Forget what `stage` logged at `step` and later, because it is about to be done again."""

    def finish(self) -> None:  # noqa: B027
        """Close what is open; nothing can be logged afterwards. Finishing twice is harmless."""

    def __enter__(self) -> Tracker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.finish()


class NullTracker(Tracker):
    """Checks the names and keeps nothing."""

    def _log(self, stage: str, step: int, metrics: dict[str, float]) -> None:
        pass


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


class WandbTracker(Tracker):
    """Weights & Biases. Offline by default: files under `folder`/wandb, no account and no network.

    Each stage has a step axis of its own, `<stage>/step`. W&B takes nothing back, so `rewind` does nothing: a run
    that is resumed becomes another W&B run of the same group, and steps that are done again appear in both.

    Args:
        project, folder, group: where the run appears; `group` ties the sessions of one run directory together.
        online: upload while running. Only where `wandb login` was done before; otherwise the run stays offline and a
            warning says so.
        config: what the run was started with, as JSON.

    Attributes: online: is this run uploaded? folder: its files, for `wandb sync`.
    """

    def __init__(
        self,
        project: str,
        folder: str | Path,
        *,
        group: str | None = None,
        online: bool = False,
        config: Mapping[str, Any] | None = None,
    ):
        wandb = require("wandb", "wandb")
        self.online = online and bool(wandb.login(prompt=False, verify=False))
        if online and not self.online:
            warnings.warn("not logged in to W&B (`wandb login`): this run is kept offline", stacklevel=2)
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(
            project=project,
            dir=str(folder),
            group=group,
            config=dict(config or {}),
            mode="online" if self.online else "offline",
            # Its own run even where another is active; no terminal output, machine statistics or copies of code.
            reinit="create_new",
            settings=wandb.Settings(
                silent=True, console="off", disable_git=True, save_code=False, x_disable_stats=True
            ),
        )
        self.folder = Path(self._run.dir).parent
        for group_name in sorted({name.partition("/")[0] for name in METRICS} - {ANY_STAGE}):
            self._run.define_metric(f"{group_name}/*", step_metric=f"{group_name}/step")

    def _log(self, stage: str, step: int, metrics: dict[str, float]) -> None:
        self._run.log({**metrics, f"{stage}/step": step})

    def finish(self) -> None:
        self._run.finish()


class Trackers(Tracker):
    """Passes everything on to several trackers, in order."""

    def __init__(self, *trackers: Tracker):
        self.trackers = trackers

    def _log(self, stage: str, step: int, metrics: dict[str, float]) -> None:
        for tracker in self.trackers:
            tracker._log(stage, step, metrics)

    def rewind(self, stage: str, step: int) -> None:
        for tracker in self.trackers:
            tracker.rewind(stage, step)

    def finish(self) -> None:
        with ExitStack() as stack:  # each one is finished, even where another fails
            for tracker in reversed(self.trackers):
                stack.callback(tracker.finish)


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
