"""Checkpoints of a transformers trainer that survive a kill at any moment.

The trainer writes a checkpoint file by file; one that was cut off looks like a whole one. So a marker is written after
the last file, and whatever has no marker is thrown away before training goes on.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from transformers import PrinterCallback, TrainerCallback

from ..files import write_whole
from ..policies.model import quiet
from ..tracking import HackingMonitor, Tracker
from ..tracking.hacking import GROUP
from .machine import sound_kernels

MARKER = "complete"


class MarkComplete(TrainerCallback):
    """Marks each checkpoint once it is whole."""

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Called by the trainer after the last file of a checkpoint."""
        if state.is_world_process_zero:
            (Path(args.output_dir) / f"checkpoint-{state.global_step}" / MARKER).touch()


class KeepMonitor(TrainerCallback):
    """Saves a hacking monitor with each checkpoint, so that a resumed run judges the windows it would have judged."""

    FILE = "hacking.json"

    def __init__(self, monitor: HackingMonitor):
        self.monitor = monitor

    def load(self, checkpoint: str | None, tracker: Tracker) -> None:
        """Go on from a checkpoint; None = from the start. Rows that will be logged again are taken back."""
        update = 0
        if checkpoint is not None:
            update = int(checkpoint.rpartition("-")[2])
            file = Path(checkpoint) / self.FILE
            if file.exists():
                self.monitor.load(json.loads(file.read_text(encoding="utf-8")))
        tracker.rewind(GROUP, update + 1)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Called by the trainer with each checkpoint, before it is marked as whole."""
        if state.is_world_process_zero:
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            write_whole(folder / self.FILE, json.dumps(self.monitor.state()))


def go_on(trainer: Any, checkpoint: str | None) -> None:
    """Train to the end, from a checkpoint (None = from the start), with `Report` speaking for the trainer."""
    trainer.remove_callback(PrinterCallback)
    with quiet(), sound_kernels():
        trainer.train(resume_from_checkpoint=checkpoint)


def last_checkpoint(folder: Path) -> str | None:
    """The newest whole checkpoint in `folder`, None where there is none. Removes those that are not whole."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    whole = [path for path in found if (path / MARKER).exists()]
    for path in set(found) - set(whole):
        shutil.rmtree(path, ignore_errors=True)  # another process of the same training may be at it, too
    return str(whole[-1]) if whole else None
