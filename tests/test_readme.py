"""What the README and the pages in docs/ say is true: their code runs, what they name exists, what they show is so."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from metacot.cli import VERBS, parser

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in PAGES}
WRITTEN = {name: text for name, text in TEXTS.items() if name != "reference.md"}

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LONG = ("agents.pipeline import run",)
"""In blocks that train, which take most of a minute."""


def blocks(language: str) -> list:
    """Every block of a language as a test parameter; the title is the page and the number of the block."""
    found = []
    for name, text in WRITTEN.items():
        for place, block in enumerate(match[2] for match in BLOCK.finditer(text) if match[1] == language):
            marks = [pytest.mark.slow] if any(long in block for long in LONG) else []
            found.append(pytest.param(block, id=f"{name}-{place}", marks=marks))
    return found


@pytest.mark.parametrize("block", blocks("python"))
def test_every_block_of_python_runs_as_it_stands(block, tmp_path):
    # Libraries that train warn of each other; everything else is held to silence.
    strict = [] if any(long in block for long in (*LONG, "wandb")) else ["-W", "error"]
    paths = os.pathsep.join([str(ROOT / "examples" / "custom_task"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, *strict, "-c", block],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_task_in_the_readme_is_the_example():
    [shown] = [block.values[0] for block in blocks("python") if "class Reach" in block.values[0]]
    assert shown == (ROOT / "examples" / "custom_task" / "reach.py").read_text(encoding="utf-8")


def commands() -> list[str]:
    """Every `metacot` command in a block of shell or in the text, without its comment."""
    lines = [line for text in WRITTEN.values() for block in BLOCK.finditer(text) for line in block[2].splitlines()]
    lines += [code for text in WRITTEN.values() for code in re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))]
    starts = re.compile(r"^(?:\$ |\.venv/bin/)?metacot (?=[a-z-])")
    return sorted({starts.sub("", line).partition("  #")[0].strip() for line in lines if starts.match(line)})


@pytest.mark.parametrize("command", commands())
def test_every_command_is_understood(command):
    words = shlex.split(command)
    if words[0].startswith("-"):
        return
    assert words[0] in VERBS
    needed = {"table": "RUN", "report": "RUN", "solve": "TASK"}
    if len(words) > 1 or words[0] in needed:
        assert parser().parse_args(words).verb == words[0]


def test_commands_were_found():
    assert len(commands()) > 8


def test_every_word_of_make_exists():
    words = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {word for text in WRITTEN.values() for word in re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE)}
    assert {"demo", "test", "full", "bench", "check"} <= named <= words


def test_every_link_leads_somewhere():
    broken = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", TEXTS[page.name])):
            file, _, place = target.partition("#")
            if file.startswith("https://"):
                continue
            there = (page.parent / file).resolve() if file else page
            if not there.exists() or (place and place not in anchors(there.read_text(encoding="utf-8"))):
                broken.append(f"{page.name}: {target}")
    assert broken == []


def anchors(text: str) -> set[str]:
    """What headings are called in links."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_file_in_backticks_is_there():
    named = {
        name for text in WRITTEN.values() for name in re.findall(r"`((?:examples|docs|tests|tasks)/[\w/.]+)`", text)
    }
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_extra_is_one_of_the_package():
    known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = {extra for text in WRITTEN.values() for extra in re.findall(r"pip install '\.\[(\w+)\]'", text)}
    assert {"train", "wandb", "sb3"} <= named <= set(known)


def test_every_dotted_name_is_there():
    missing = []
    for name in sorted({name for text in WRITTEN.values() for name in re.findall(r"`(metacot(?:\.\w+)+)`", text)}):
        parts = name.split(".")
        for cut in range(len(parts), 0, -1):
            try:
                thing = import_module(".".join(parts[:cut]))
            except ModuleNotFoundError:
                continue
            for attribute in parts[cut:]:
                thing = getattr(thing, attribute, None)
            if thing is None:
                missing.append(name)
            break
    assert missing == []


# the pages that are written by code ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built() -> dict[str, str]:
    """What docs/build.py would write now, by name of the page."""
    code = "import build, json; print(json.dumps({path.name: text for path, text in build.pages().items()}))"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "docs")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_example_shows_what_the_code_prints(built):
    stale = [name for name, text in built.items() if name != "reference.md" and TEXTS[name] != text]
    assert stale == [], "make docs writes them again"
    assert {"README.md", "grammar.md", "method.md"} <= set(built)


def test_the_reference_is_what_the_code_says(built):
    # Help pages are wrapped a little differently by each version of Python.
    declared, now = (text.partition("## Commands")[0] for text in (TEXTS["reference.md"], built["reference.md"]))
    assert declared == now, "make docs writes it again"
    for verb in VERBS:
        assert f"### `metacot {verb}`" in TEXTS["reference.md"]


def test_the_check_of_the_pages_fails_where_one_is_not_current(built, monkeypatch, tmp_path):
    for name, text in built.items():
        folder = tmp_path if name == "README.md" else tmp_path / "docs"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for name in ("build.py", "examples.py"):
        (tmp_path / "docs" / name).write_bytes((ROOT / "docs" / name).read_bytes())
    (tmp_path / "docs" / "grammar.md").write_text(built["grammar.md"].replace("#1 3 3 16", "#1 3 3 15"))
    command = [sys.executable, str(tmp_path / "docs" / "build.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "grammar.md is not what the code says: make docs\n")
