"""Files of rows: every format gives the same rows, in order, without being read whole; errors name file and line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.tasks.data import boxes, read_rows, rows

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=20)
ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), TEXTS, min_size=1), max_size=6)
TABLE = [{"problem": "What is 1 + 1?", "answer": "2"}, {"problem": 'Say "é", a comma,\nand a line', "answer": ""}]


def written(folder: Path, name: str, table: list[dict]) -> Path:
    """The table in the format that the name says."""
    path = folder / name
    lines = "".join(json.dumps(row) + "\n" for row in table)
    if name.endswith(".jsonl"):
        path.write_text(lines)
    elif name.endswith(".jsonl.gz"):
        path.write_bytes(gzip.compress(lines.encode()))
    elif name.endswith(".json"):
        path.write_text(json.dumps(table, indent=1))
    elif name.endswith(".parquet"):
        pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.Table.from_pylist(table), path)
    elif name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("folder/part.jsonl", lines)
            archive.writestr("__MACOSX/._part.jsonl", "no rows")
            archive.writestr("README", "no rows")
    else:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(table[0]), delimiter="\t" if name.endswith(".tsv") else ",")
        writer.writeheader()
        writer.writerows(table)
        path.write_text(out.getvalue(), newline="")
    return path


NAMES = ("x.jsonl", "x.jsonl.gz", "x.json", "x.csv", "x.tsv", "x.parquet", "x.zip")


@pytest.mark.parametrize("name", NAMES)
def test_every_format_gives_the_same_rows(tmp_path, name):
    assert list(read_rows(written(tmp_path, name, TABLE))) == TABLE


def test_a_folder_is_its_files_by_name(tmp_path):
    for place, name in enumerate(("b.csv", "a.jsonl", "c.json")):
        written(tmp_path, name, [{"problem": name, "answer": str(place)}])
    (tmp_path / "notes.txt").write_text("no rows")
    assert [row["problem"] for row in read_rows(tmp_path)] == ["a.jsonl", "b.csv", "c.json"]


@given(ROWS, st.integers(1, 40), st.sampled_from([None, 0, 3]))
def test_a_json_list_reads_the_same_in_pieces_of_any_size(table, chunk, indent):
    before, rows.CHUNK = rows.CHUNK, chunk
    try:
        read = list(rows._json(io.BytesIO(json.dumps(table, indent=indent, ensure_ascii=False).encode())))
    finally:
        rows.CHUNK = before
    assert read == table


def test_an_object_with_one_list_is_that_list(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps({"version": 1, "data": TABLE}))
    assert list(read_rows(tmp_path / "x.json")) == TABLE


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.jsonl", '{"a": 1}\n{"a": \n', "line 2"),
        ("x.jsonl", "[1]\n", "line 1 is no JSON object"),
        ("x.json", '[{"a": 1}, {"a": ', "item 1"),
        ("x.json", "[3]", "item 0 is no JSON object"),
        ("x.json", '{"a": [], "b": []}', "this has 2 lists"),
        ("x.csv", "a,b\n1,2,3\n", "line 2 has more cells"),
        ("x.txt", "a", "is none of"),
        ("x.zip", "not a zip", "x.zip: File is not a zip file"),
    ],
)
def test_an_unreadable_file_is_named_with_its_line(tmp_path, name, content, said):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=said):
        list(read_rows(tmp_path / name))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"so \boxed{\frac{1}{2}} it is", [r"\frac{1}{2}"]),
        (r"\boxed{1} and \fbox{ 2 }", ["1", "2"]),
        (r"\boxed{a \{ b \} c}", [r"a \{ b \} c"]),
        (r"\boxed{\boxed{3}}", [r"\boxed{3}"]),
        (r"$\boxed 7$ and \boxed 8.", ["7", "8"]),
        (r"never closed \boxed{1", []),
        ("no box, \\boxes{1}", []),
    ],
)
def test_boxes_are_found_by_their_braces(text, found):
    assert boxes(text) == found


@given(st.text("\\boxed{} 1$", max_size=60))
def test_boxes_of_any_text_are_in_it(text):
    assert all(box in text for box in boxes(text))
