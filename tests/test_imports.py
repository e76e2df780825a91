"""Who may import whom, and what is never called: the rules of the house, read off the syntax trees of all modules.

Left out: imports by a computed name, which no reader of the source can follow either.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

import pytest

# The one-way rule: a room imports itself and those before it.
ORDER = ("tasks", "rewards", "envs", "agents", "cli")
# What a room may import besides the standard library: at the top of a module, and inside functions.
EAGER = {"tasks": {"numpy"}, "rewards": {"numpy"}, "envs": {"numpy", "gymnasium"}}
LAZY = {
    "tasks": {"sympy", "mpmath", "math_verify", "latex2sympy2_extended", "pyarrow", "datasets", "reasoning_gym"},
    "rewards": {"sympy", "torch", "transformers", "peft", "safetensors", "tokenizers"},
    "envs": {"PIL", "matplotlib", "numba"},
}
LIGHT = (
    *("metacot", "metacot.tasks", "metacot.envs", "metacot.agents.search"),
    *("metacot.agents.policies", "metacot.agents.training", "metacot.agents.tracking"),
)
HEAVY = {
    *("torch", "transformers", "tokenizers", "trl", "wandb", "sympy", "datasets", "pandas", "pyarrow", "matplotlib"),
    *("numba", "llvmlite"),
}
SHADOWING = {"math.py", "types.py", "random.py", "datasets.py"}
MAX_LINES = 450


@dataclass(frozen=True)
class Import:
    """One imported name, absolute: `metacot.tasks.task.Task`."""

    name: str
    line: int
    top: bool  # at the top of the module, where importing the module runs it
    typing: bool  # under `if TYPE_CHECKING:`, where nothing runs it


@dataclass(frozen=True)
class Module:
    """A module of the package: its dotted name, its file relative to the root, its syntax tree."""

    name: str
    file: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return PurePosixPath(self.file).parts[0].removesuffix(".py")

    @property
    def package(self) -> str:
        return self.name if self.file.endswith("__init__.py") else self.name.rpartition(".")[0]

    def imports(self) -> Iterator[Import]:
        yield from self._imports(self.tree.body, top=True, typing=False)

    def _imports(self, nodes: list[ast.stmt], top: bool, typing: bool) -> Iterator[Import]:
        for node in nodes:
            match node:
                case ast.Import():
                    yield from (Import(alias.name, node.lineno, top, typing) for alias in node.names)
                case ast.ImportFrom():
                    start = self._absolute(node)
                    yield from (Import(f"{start}.{alias.name}", node.lineno, top, typing) for alias in node.names)
                case ast.If(test=ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                    yield from self._imports(node.body, top, typing=True)
                    yield from self._imports(node.orelse, top, typing)
                case _:
                    inside = top and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                    yield from self._imports(list(_statements(node)), inside, typing)
                    yield from (Import(name, line, False, typing) for name, line in _by_string(node))

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.package.split(".")
        return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements directly inside a compound statement."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from child.body


def _by_string(node: ast.stmt) -> Iterator[tuple[str, int]]:
    """Names given as literals to `require("torch", "lm")` or `import_module("torch")` in a statement's expressions."""
    waiting = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]
    while waiting:
        child = waiting.pop()
        waiting += [inner for inner in ast.iter_child_nodes(child) if not isinstance(inner, ast.stmt)]
        if isinstance(child, ast.Call) and _called(child) in ("require", "import_module", "__import__") and child.args:
            match child.args[0]:
                case ast.Constant(value=str(name)):
                    yield name, child.lineno


def _called(call: ast.Call) -> str:
    """The last part of the name of what is called: `eval` for eval(...), `alarm` for signal.alarm(...)."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _parse(root: Path, files: list[str]) -> list[Module]:
    modules = []
    for file in files:
        if file.endswith(".py"):
            name = ".".join(PurePosixPath("metacot", file).with_suffix("").parts).removesuffix(".__init__")
            modules.append(Module(name, file, ast.parse((root / file).read_text(encoding="utf-8"), file)))
    return modules


@pytest.fixture(scope="session")
def modules(root, package_files) -> list[Module]:
    """All modules of the package."""
    return _parse(root, package_files)


def wrong_directions(modules: list[Module]) -> list[str]:
    """Imports from a later room, at the top, inside functions, by string or for types alike."""
    wrong = []
    for module in modules:
        rank = ORDER.index(module.room) if module.room in ORDER else -1  # the root's __init__.py: before all rooms
        for found in module.imports():
            first, _, rest = found.name.partition(".")
            target = rest.partition(".")[0]
            if first == "metacot" and target in ORDER and ORDER.index(target) > rank:
                wrong.append(f"{module.file}:{found.line} imports {found.name}")
    return wrong


def cycle(modules: list[Module]) -> list[str]:
    """The modules of one import cycle, or nothing. Imports for types only do not count, those in functions do."""
    names = {module.name for module in modules}
    graph = {module.name: set() for module in modules}
    for module in modules:
        for found in module.imports():
            # `from .tree import Tree` is an edge to the module tree, `from . import tree` too.
            target = found.name if found.name in names else found.name.rpartition(".")[0]
            if target in names and not found.typing and target != module.name:
                graph[module.name].add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_imports_go_one_way_from_tasks_to_the_command_line(modules):
    assert wrong_directions(modules) == []


def test_no_modules_import_each_other_in_a_circle(modules):
    assert cycle(modules) == []


def test_each_room_imports_only_the_libraries_it_may(modules):
    wrong = []
    for module in modules:
        for found in module.imports():
            library = found.name.partition(".")[0]
            if module.room not in EAGER or library in sys.stdlib_module_names | {"metacot"} or found.typing:
                continue
            if library not in EAGER[module.room] | (set() if found.top else LAZY[module.room]):
                wrong.append(f"{module.file}:{found.line} imports {library}{' at the top' if found.top else ''}")
    assert wrong == []


def test_rooms_import_each_other_relatively(modules):
    absolute = [
        f"{module.file}:{node.lineno}"
        for module in modules
        if module.room in ORDER[:-1]
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] == "metacot"
    ]
    assert absolute == []


def test_no_code_turns_text_into_code(modules):
    # Bare names for the first three: `model.eval()` and `re.compile()` are something else.
    wrong = []
    for module in modules:
        for node in ast.walk(module.tree):
            match node:
                case ast.Call(func=ast.Name(id="eval" | "exec" | "compile" | "sympify" | "parse_expr")):
                    wrong.append(f"{module.file}:{node.lineno}")
                case ast.Attribute(attr="sympify" | "parse_expr"):
                    wrong.append(f"{module.file}:{node.lineno}")
                case ast.ImportFrom(names=names) if {"sympify", "parse_expr"} & {alias.name for alias in names}:
                    wrong.append(f"{module.file}:{node.lineno}")
    assert wrong == []


def test_no_code_draws_from_a_global_random_state_or_sets_an_alarm(modules):
    own = {"Random", "Generator", "default_rng", "SeedSequence", "BitGenerator", "PCG64", "Philox", "bit_generator"}
    wrong = []
    for module in modules:
        for node in ast.walk(module.tree):
            match node:
                case ast.Attribute(value=ast.Name(id="random"), attr=name) if name not in own:
                    wrong.append(f"{module.file}:{node.lineno} random.{name}")
                case ast.Attribute(value=ast.Attribute(value=ast.Name(id="np" | "numpy"), attr="random"), attr=name):
                    if name not in own:
                        wrong.append(f"{module.file}:{node.lineno} np.random.{name}")
                case ast.Attribute(value=ast.Name(id="signal"), attr="alarm" | "setitimer"):
                    wrong.append(f"{module.file}:{node.lineno} signal.{node.attr}")
    assert wrong == []


def test_every_extra_that_an_error_would_name_exists(modules, root):
    known = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    asked = {
        call.args[1].value
        for module in modules
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call) and _called(call) == "require" and len(call.args) == 2
    }
    assert asked - known.keys() == set()


def test_no_module_takes_a_name_of_the_standard_library_that_confuses(package_files):
    assert [file for file in package_files if PurePosixPath(file).name in SHADOWING] == []


def test_no_file_has_grown_past_one_idea(root, package_files):
    lines = {
        file: (root / file).read_text(encoding="utf-8").count("\n") for file in package_files if file.endswith(".py")
    }
    assert {file: count for file, count in lines.items() if count > MAX_LINES} == {}


@pytest.fixture(scope="module")
def light_import(tmp_path_factory) -> tuple[float, set[str]]:
    """Importing the light packages in a fresh process: the best of three times in seconds, and the libraries pulled in.

    CPU time, so that a test run beside others measures the import and not the machine.
    """
    code = f"""
import sys, time
start = time.process_time()
import {", ".join(LIGHT)}
print(time.process_time() - start, *sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
    folder = tmp_path_factory.mktemp("elsewhere")
    runs = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        runs.append(done.stdout.split())
    return min(float(run[0]) for run in runs), set(runs[0][1:])


def test_the_core_imports_in_under_a_second(light_import):
    assert light_import[0] < 1.0


def test_the_core_pulls_in_no_heavy_library(light_import):
    assert light_import[1] & HEAVY == set()


# The checks above would pass on anything if they saw nothing, so each is shown a package that breaks its rule.


@pytest.fixture
def broken(tmp_path) -> list[Module]:
    files = {
        "tasks/__init__.py": "from .one import x\n",
        "tasks/one.py": "def f():\n    from . import two\n",
        "tasks/two.py": "try:\n    from .one import x\nexcept ImportError:\n    from ..envs import y\n",
        "envs/__init__.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..agents import z\n",
        "agents/__init__.py": "def f():\n    return import_module('metacot.cli')\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return _parse(tmp_path, sorted(files))


def test_a_wrong_direction_is_seen_in_handlers_types_and_strings(broken):
    assert wrong_directions(broken) == [
        "agents/__init__.py:2 imports metacot.cli",
        "envs/__init__.py:3 imports metacot.agents.z",
        "tasks/two.py:4 imports metacot.envs.y",
    ]


def test_a_cycle_through_a_function_is_seen(broken):
    assert set(cycle(broken)) == {"metacot.tasks.one", "metacot.tasks.two"}
