"""What all trainers share, and what depends on the machine, in one place: arguments and kernels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from ...tasks.extras import require


def placement() -> dict[str, Any]:
    """Where and how exactly to compute: on the GPU if there is one, and with matrix products in bfloat16, which is
    two to three times faster on recent processors of either kind. Nothing is recomputed to save memory (TRL's default):
    the models trained here are small, and it costs a third of the time."""
    gpu = require("torch", "lm").cuda.is_available()
    return {"use_cpu": not gpu, "bf16": True, "activation_checkpointing": False, "dataloader_pin_memory": gpu}


@contextmanager
def sound_kernels() -> Iterator[None]:
    """Within, fused attention does without cuDNN's kernel, which torch takes first on an H100 since 2.11.

    Where a mask is given, the length divided by 128 leaves 64, and the log of the summed exponentials of a row's scores
    is below -88.7 = -ln(greatest float32), its gradient of the queries is not a number (pytorch issue 196678). Rows
    padded to a multiple of 16 meet the first two time and again, a model that is trained for long can meet the third.
    """
    kernels = require("torch", "lm").backends.cuda
    before = kernels.cudnn_sdp_enabled()
    kernels.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        kernels.enable_cudnn_sdp(before)


class Lengths(Protocol):
    """The settings that all trainings have, in updates."""

    @property
    def updates(self) -> int: ...
    @property
    def save_every(self) -> int: ...
    @property
    def log_every(self) -> int: ...


def common_arguments(settings: Lengths, folder: Path, seed: int) -> dict[str, Any]:
    """The part of a trainer's arguments that does not depend on what is trained: how long, where to compute, and when
    to save to `folder`. Logging is left to the suite's own callbacks."""
    return {
        "output_dir": str(folder),
        "max_steps": settings.updates,
        "max_grad_norm": 1.0,
        "save_steps": settings.save_every,
        "save_total_limit": 2,
        "logging_steps": settings.log_every,
        "logging_nan_inf_filter": False,  # it hides losses that are no numbers; `Report` stops at them
        "report_to": "none",
        "disable_tqdm": True,
        "seed": seed,
        **placement(),
    }


def processes() -> int:
    """How many processes train together, as torchrun says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def first_process() -> bool:
    """Is this the process that logs?"""
    return os.environ.get("RANK", "0") == "0"
