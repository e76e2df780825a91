"""Write docs/reference.md: the tasks, environments, metrics and commands, as the installed package declares them.

    python docs/build.py            # write it
    python docs/build.py --check    # exit with 1 if it is not what this would write

Left out: everything that a person has to explain. The README and the docstrings do that.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

# Help texts are wrapped to the terminal and coloured, unless told otherwise before argparse is asked.
os.environ.update(COLUMNS="100", NO_COLOR="1")

import gymnasium as gym

import metacot.envs
import metacot.tasks
from metacot.agents.tracking import METRICS
from metacot.cli import main as metacot_command

REFERENCE = Path(__file__).with_name("reference.md")
NOTE = "<!-- Written by docs/build.py (`make docs`) from the code: change the code, not this page. -->"


def summary(thing: object) -> str:
    """The first paragraph of a docstring in one line, or nothing."""
    return " ".join((thing.__doc__ or "").strip().partition("\n\n")[0].split())


def table(*headings: str, rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [headings, ("---",) * len(headings), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def tasks() -> str:
    rows = ((f"`{name}`", summary(metacot.tasks.make(name))) for name in sorted(metacot.tasks.names()))
    return table("Task", "What it is", rows=rows)


def environments() -> str:
    rows = []
    for name in sorted(name for name in gym.registry if name.startswith("MetaCoT/")):
        with contextlib.closing(gym.make(name)) as environment:
            rows.append((f"`{name}`", summary(environment.unwrapped)))
    return table("Id", "What it is", rows=rows)


def metrics() -> str:
    return table("Metric", "What it says", rows=((f"`{name}`", meaning) for name, meaning in METRICS.items()))


def help_of(*words: str) -> str:
    """What `metacot WORDS --help` prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        metacot_command([*words, "--help"])
    return printed.getvalue().strip()


def commands() -> str:
    overview = help_of()
    listed = re.search(r"\{([\w,-]+)\}", overview)  # how argparse writes the verbs
    verbs = [(verb,) for verb in listed[1].split(",")] if listed else []
    pages = [((), overview), *((verb, help_of(*verb)) for verb in verbs)]
    return "\n\n".join(f"### `{' '.join(('metacot', *words))}`\n\n```text\n{text}\n```" for words, text in pages)


def reference() -> str:
    sections = {"Tasks": tasks, "Environments": environments, "Metrics": metrics, "Commands": commands}
    body = "\n\n".join(f"## {title}\n\n{write()}" for title, write in sections.items())
    return f"# Reference\n\n{NOTE}\n\n{body}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Write docs/reference.md from the installed package.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is not current")
    check = parser.parse_args().check
    text = reference()
    if not check:
        REFERENCE.write_text(text, encoding="utf-8")
        print(f"wrote {REFERENCE}")
    elif not REFERENCE.is_file() or REFERENCE.read_text(encoding="utf-8") != text:
        print("docs/reference.md is not what the code says: make docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
