"""Data sets of problems, judged steps and rollouts: read from files or the hub, licence and difficulty kept."""

from .boxes import boxes
from .load import HubError, load, stream
from .records import Chain, Record, Rollout
from .rows import read_rows
from .sources import SOURCES, Columns, Source

__all__ = [
    "SOURCES",
    "Chain",
    "Columns",
    "HubError",
    "Record",
    "Rollout",
    "Source",
    "boxes",
    "load",
    "read_rows",
    "stream",
]
