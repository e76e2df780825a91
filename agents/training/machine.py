"""Trainer arguments that depend on the machine, in one place."""

from __future__ import annotations

import os
from typing import Any

from ...tasks.extras import require


def placement() -> dict[str, Any]:
    """Where and how exactly to compute: on the GPU if there is one, and with matrix products in bfloat16, which is
    two to three times faster on recent processors of either kind. Nothing is recomputed to save memory (TRL's default):
    the models trained here are small, and it costs a third of the time."""
    gpu = require("torch", "lm").cuda.is_available()
    return {"use_cpu": not gpu, "bf16": True, "activation_checkpointing": False, "dataloader_pin_memory": gpu}


def processes() -> int:
    """How many processes train together, as torchrun says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def first_process() -> bool:
    """Is this the process that logs?"""
    return os.environ.get("RANK", "0") == "0"
