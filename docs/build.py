"""Write docs/reference.md, and the examples in the other pages, as the installed package declares and prints them.

    python docs/build.py            # write them
    python docs/build.py --check    # exit with 1 if something is not what this would write

An example is a block of code behind a mark such as `<!-- example: solve -->`; docs/examples.py makes its text. Left
out: everything that a person has to explain. That stands around the examples.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

# Help texts are wrapped to the terminal and coloured, unless told otherwise before argparse is asked.
os.environ.update(COLUMNS="100", NO_COLOR="1")

import gymnasium as gym
from examples import EXAMPLES  # beside this file

import metacot.envs
import metacot.tasks
from metacot.agents.metrics import METRICS
from metacot.cli import VERBS
from metacot.cli import main as metacot_command
from metacot.envs.contract import RULES

DOCS = Path(__file__).parent
REFERENCE = DOCS / "reference.md"
NOTE = "<!-- Written by docs/build.py (`make docs`) from the code: change the code, not this page. -->"
MARK = re.compile(r"(<!-- example: (\w+) -->\n\n?```(\w+)\n)(.*?)(```\n)", re.DOTALL)
"""A marked block: what opens it, the name of the example, the language, the text, what closes it."""


def summary(thing: object) -> str:
    """The first paragraph of a docstring in one line, or nothing."""
    return " ".join((thing.__doc__ or "").strip().partition("\n\n")[0].split())


def table(*headings: str, rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [headings, ("---",) * len(headings), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def tasks() -> str:
    """Every task: what it is, its named difficulties, and what its states are like."""
    rows = []
    for name in metacot.tasks.names():
        task = metacot.tasks.make(name)
        levels = ", ".join(f"{level} {knobs_of(knobs)}".strip() for level, knobs in task.levels.items())
        ends = ("every state is solvable", "has dead ends")[task.dead_ends] if task.enumerable else "free text"
        rows.append((f"`{name}`", summary(task), levels or "none", ends))
    return table("Task", "What it is", "Levels", "States", rows=rows)


def knobs_of(knobs: Mapping[str, Any]) -> str:
    return " ".join(f"`{name}={value}`" for name, value in knobs.items()) or "(default)"


def environments() -> str:
    """Every id: its task, and what is acted with and observed."""
    rows = []
    for name in metacot.tasks.names():
        for env_id in metacot.envs.env_ids(name):
            with contextlib.closing(gym.make(env_id)) as environment:
                kind = type(environment.unwrapped).__name__
                spaces = environment.action_space, environment.observation_space
                actions, seen = ("lines of text" if isinstance(space, gym.spaces.Text) else space for space in spaces)
                if isinstance(seen, gym.spaces.Dict):
                    seen = f"cursor {seen['cursor'].shape}, and the tree"
            vectors = "sync, async" if isinstance(actions, gym.spaces.Space) else "sync, async (`shared_memory=False`)"
            if gym.spec(env_id).vector_entry_point is not None:
                vectors += ", native"
            rows.append((f"`{env_id}`", f"`{name}`", f"`{kind}`", str(actions), str(seen), vectors))
    kinds = "".join(
        f"* `{kind.__name__}`: {summary(kind)}\n" for kind in (metacot.envs.ReasoningEnv, metacot.envs.TextReasoning)
    )
    return kinds + "\n" + table("Id", "Task", "Class", "Actions", "Observation", "Vector", rows=rows)


def rules() -> str:
    return table(
        "Rule",
        "What `metacot.envs.check_task` holds a task to",
        rows=((f"`{name}`", rule) for name, rule in RULES.items()),
    )


def metrics() -> str:
    return table("Metric", "What it says", rows=((f"`{name}`", meaning) for name, meaning in METRICS.items()))


def help_of(*words: str) -> str:
    """What `metacot WORDS --help` prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        metacot_command([*words, "--help"])
    return printed.getvalue().strip()


def commands() -> str:
    pages = ((("metacot", *words), help_of(*words)) for words in ((), *((verb,) for verb in VERBS)))
    return "\n\n".join(f"### `{' '.join(words)}`\n\n```text\n{text}\n```" for words, text in pages)


def reference() -> str:
    sections = {
        "Tasks": tasks,
        "Environments": environments,
        "Rules of the contract": rules,
        "Metrics": metrics,
        "Commands": commands,
    }
    body = "\n\n".join(f"## {title}\n\n{write()}" for title, write in sections.items())
    return f"# Reference\n\n{NOTE}\n\n{body}\n"


def with_examples(page: str) -> str:
    """The page with every marked block filled. Raises KeyError for a mark that names no example."""

    def fill(found: re.Match[str]) -> str:
        text = EXAMPLES[found[2]]()
        return found[1] + text.rstrip("\n") + "\n" + found[5]

    return MARK.sub(fill, page)


def pages() -> dict[Path, str]:
    """Every page that is written here, and what it should hold."""
    written = (*sorted(DOCS.glob("*.md")), DOCS.parent / "README.md")
    texts = {path: path.read_text(encoding="utf-8") for path in written if path != REFERENCE}
    return {REFERENCE: reference()} | {path: with_examples(text) for path, text in texts.items() if MARK.search(text)}


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the reference and the examples from the installed package.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is not current")
    check = parser.parse_args().check
    stale = [
        (path, text) for path, text in pages().items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        if check:
            print(f"{path.name} is not what the code says: make docs", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
