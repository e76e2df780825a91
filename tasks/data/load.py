"""`load("gsm8k", path)`: a data set by name, from a file or from the hub, as records, chains or rollouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..extras import require
from .rows import ENDINGS, read_rows
from .sources import SOURCES, Columns, Item, Source, mapped


class HubError(OSError):
    """The hub cannot be reached, or does not have the data set; the message names the local alternative."""


def load(name: str, path: str | Path | None = None, **options: Any) -> list[Any]:
    """All items of `stream(name, path, **options)`: `Record`s, and `Chain`s or `Rollout`s where the data set is one
    of those."""
    return list(stream(name, path, **options))


def stream(
    name: str,
    path: str | Path | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    config: str | None = None,
    split: str | None = None,
) -> Iterator[Item]:
    """The items of a data set, one after the other.

    name: one of `SOURCES`, or, without a path, any data set on the hub ("owner/name").
    path: a file or a folder, see `read_rows`; without it the hub is asked (`datasets.load_dataset`).
    columns: field of `Record` -> column, where the file calls it otherwise.
    config, split: of the data set on the hub, where its usual ones are not wanted.

    Raises ValueError for an unknown name and for a row that cannot be read (with its number), FileNotFoundError,
    HubError where the hub is not reached.
    """
    if name not in SOURCES and (path is not None or "/" not in name):
        raise ValueError(f"no data set is called {name!r}; known: {', '.join(SOURCES)}, and owner/name on the hub")
    source = SOURCES.get(name) or Source(name, "a data set on the hub", name)
    rows = _from_hub(source, config, split) if path is None else read_rows(path)
    taken = Columns() if columns is None else mapped(columns)
    for number, row in enumerate(rows):
        try:
            items = source.read(row, source, taken)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path or source.hub}, row {number}, is no row of {name}: {error}") from error
        yield from items


def _from_hub(source: Source, config: str | None, split: str | None) -> Iterator[dict[str, Any]]:
    local = f"load({source.name!r}, PATH) reads it from {ENDINGS}"
    if source.hub is None:
        raise HubError(f"{source.name} is not on the hub; {local}")
    split = split or source.split
    try:
        rows = require("datasets", "train").load_dataset(source.hub, config or source.config, split=split)
    except (OSError, ValueError) as error:  # no network, no such data set, no such split
        said = " ".join(str(error).split())[:300]
        raise HubError(f"{source.hub} (split {split}) cannot be had from the hub: {said}. Offline, {local}") from error
    return iter(rows)
