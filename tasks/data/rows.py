"""Rows of a file, one mapping each, in its order: JSON, JSONL, CSV, TSV and Parquet, also zipped or gzipped.

Everything is streamed: memory does not grow with the file. Left out: guessing formats from content; a name's ending
says what a file is.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ..extras import require

Row = dict[str, Any]

CHUNK = 1 << 20
"""A JSON list is read in pieces of this many characters."""

_BETWEEN = re.compile(r"[ \t\r\n,]*")


def read_rows(path: str | Path) -> Iterator[Row]:
    """The rows of a file, or of all files that can be read in a folder, sorted by name.

    `.json` is a list of objects, or an object that holds one such list; a `.zip` holds any number of files.
    Raises FileNotFoundError, or ValueError that names the file and, where there is one, the line.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.is_file() and _reader(file.name))
        if not files:
            raise ValueError(f"{path} holds no {ENDINGS} file")
        for inside in files:
            yield from read_rows(inside)
        return
    with path.open("rb") as file:
        try:
            yield from _rows(path.name, file, str(path))
        except zipfile.BadZipFile as error:
            raise ValueError(f"{path}: {error}") from error


def _rows(name: str, file: IO[bytes], shown: str) -> Iterator[Row]:
    """The rows of one open file; `name` says its format, `shown` names it in errors."""
    if name.lower().endswith(".zip"):
        with zipfile.ZipFile(file) as archive:
            members = sorted(n for n in archive.namelist() if _reader(n) and not n.startswith("__MACOSX/"))
            if not members:
                raise ValueError(f"{shown} holds no {ENDINGS} file")
            for member in members:
                with archive.open(member) as inner:
                    yield from _rows(member, inner, f"{shown}/{member}")
        return
    if name.lower().endswith(".gz"):
        with gzip.open(file) as inner:
            yield from _rows(name[:-3], inner, shown)  # type: ignore[arg-type]  # it reads like a file
        return
    reader = _reader(name)
    if reader is None:
        raise ValueError(f"{shown} is none of {ENDINGS}")
    try:
        yield from reader(file)
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{shown}: {error}") from error


def _object(row: Any, where: str) -> Row:
    if not isinstance(row, dict):
        raise ValueError(f"{where} is no JSON object")
    return row


@contextmanager
def _text(file: IO[bytes]) -> Iterator[io.TextIOWrapper]:
    """The file as text; it stays open, whoever opened it closes it."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield text
    finally:
        text.detach()


def _json_lines(file: IO[bytes]) -> Iterator[Row]:
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"line {number}: {error}") from error
            yield _object(row, f"line {number}")


def _json(file: IO[bytes]) -> Iterator[Row]:
    """A list of objects, read object by object; or one object, of whose values one is such a list."""
    with _text(file) as text:
        yield from _json_text(text)


def _json_text(text: IO[str]) -> Iterator[Row]:
    first = text.read(1)
    while first.isspace():
        first = text.read(1)
    if first != "[":
        whole = _object(json.loads(first + text.read()), "the file")
        lists = [value for value in whole.values() if isinstance(value, list)]
        if len(lists) != 1:
            raise ValueError(f"a list of objects, or an object with one list, is needed; this has {len(lists)} lists")
        yield from (_object(row, f"item {number}") for number, row in enumerate(lists[0]))
        return
    decoder, buffer, place, number = json.JSONDecoder(), "", 0, 0
    while True:
        place = _BETWEEN.match(buffer, place).end()  # type: ignore[union-attr]  # it matches nothing at all, too
        if buffer.startswith("]", place):
            return
        try:
            row, place = decoder.raw_decode(buffer, place)
        except json.JSONDecodeError as error:
            # As much again as is left over, so that a huge object is not begun over and over.
            piece = text.read(max(CHUNK, len(buffer) - place))
            if not piece:
                raise ValueError(f"item {number}: {error}") from error
            buffer, place = buffer[place:] + piece, 0
            continue
        yield _object(row, f"item {number}")
        number += 1


def _separated(separator: str) -> Callable[[IO[bytes]], Iterator[Row]]:
    def read(file: IO[bytes]) -> Iterator[Row]:
        with _text(file) as text:
            rows = csv.DictReader(text, delimiter=separator, strict=True)
            for row in rows:
                if None in row:
                    raise ValueError(f"line {rows.line_num} has more cells than the heading")
                yield dict(row)

    return read


def _parquet(file: IO[bytes]) -> Iterator[Row]:
    table = require("pyarrow.parquet", "train").ParquetFile(_seekable(file))
    for batch in table.iter_batches(batch_size=1000):
        yield from batch.to_pylist()


def _seekable(file: IO[bytes]) -> IO[bytes]:
    return file if file.seekable() else io.BytesIO(file.read())


READERS: dict[str, Callable[[IO[bytes]], Iterator[Row]]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json,
    ".csv": _separated(","),
    ".tsv": _separated("\t"),
    ".parquet": _parquet,
}
"""What the ending of a file's name says."""

ENDINGS = ", ".join((*READERS, ".zip", ".gz"))


def _reader(name: str) -> Callable[[IO[bytes]], Iterator[Row]] | None:
    """What reads a file of this name; None where nothing does. (For archives, something that is not None.)"""
    name = name.lower().removesuffix(".gz")
    if name.endswith(".zip"):
        return _json_lines
    return next((reader for ending, reader in READERS.items() if name.endswith(ending)), None)
