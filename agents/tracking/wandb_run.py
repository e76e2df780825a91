"""Metrics in Weights & Biases."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...tasks.extras import require
from ..metrics import ANY_STAGE, METRICS
from .tracker import Tracker


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
