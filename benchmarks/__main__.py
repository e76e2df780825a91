"""Runs every benchmark in this folder and prints one table: `python benchmarks`, or `python benchmarks search`.

A benchmark is a module with `run() -> list[tuple[str, float, str]]`: what was measured, the figure, and what it means,
with its ratio to the bar. A ratio of at least 1 passes.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def load(path: Path) -> ModuleType:
    """A module from a file of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(f"benchmark_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main(names: list[str]) -> int:
    """Prints the rows as they are measured. Returns 0, or 2 where a name is unknown."""
    paths = {path.stem: path for path in sorted(Path(__file__).parent.glob("[!_]*.py"))}
    if unknown := [name for name in names if name not in paths]:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(paths)}", file=sys.stderr)
        return 2
    for name in names or paths:
        module = load(paths[name])
        if not hasattr(module, "run"):
            continue
        for title, figure, meaning in module.run():
            print(f"{name:<12} {title:<52} {figure:>12,.6g}   {meaning}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
