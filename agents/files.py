"""Files that are whole or not there: a killed process never leaves half a file under a final name."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write `content` (text as UTF-8) beside `path`, then rename it into place; folders are made. Returns `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The process number keeps two processes that write the same file from writing into each other's half.
    half = path.with_name(f".{path.name}.{os.getpid()}.half")
    data = content.encode() if isinstance(content, str) else content
    try:
        with half.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return path


def clear_halves(folder: Path) -> None:
    """Remove what `write_whole` leaves anywhere in `folder` when its process is killed.

    For work that goes on in a folder of its own: nothing else writes there.
    """
    for half in folder.rglob(".*.half"):
        half.unlink()


def check_unused(folder: Path) -> None:
    """Raise ValueError unless `folder` is empty or not there; the halves of a killed process do not count."""
    if folder.exists() and (not folder.is_dir() or any(not path.name.endswith(".half") for path in folder.iterdir())):
        raise ValueError(f"{folder} is not an empty folder")
