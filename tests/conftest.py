"""What all tests share: reproducible property tests, no network, real data through $METACOT_DATA, and the wheel.

`data_file("game24/24.csv")` is the path of a file under $METACOT_DATA. Where it is not there the test is skipped, with
one line per file and a total at the end; METACOT_DATA_REQUIRED=1 makes every such test fail instead.
"""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis
import pytest
from chat_server import Answer, ChatServer

# The same examples on every run and on every machine, however slow: a failure is about the code, never about luck.
hypothesis.settings.register_profile("deterministic", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("deterministic")

# Libraries that would ask a hub or a server are told not to, in this process and in those that tests start.
os.environ.update(
    HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TRANSFORMERS_OFFLINE="1", WANDB_MODE="offline", WANDB_SILENT="true"
)


def _forbid_network(event: str, arguments: tuple) -> None:
    """Audit hook: raise when Python code connects to anything but this machine."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return  # a Unix socket's address is a str or bytes
    host = str(arguments[1][0])
    try:
        local = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        local = host in ("localhost", "")
    if not local:
        raise RuntimeError(f"a test tried to reach {host}; tests never use the network")


sys.addaudithook(_forbid_network)


# Real data

MISSING = "missing data file"  # the user property that carries a file's name from a skipped test to the summary


@pytest.fixture
def data_file(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """A function from a path relative to $METACOT_DATA to the file; without the file it skips, or fails, the test."""

    def find(relative: str) -> Path:
        folder = os.environ.get("METACOT_DATA")
        if folder and (path := Path(folder).resolve() / relative).is_file():
            return path
        why = f"is not in {folder} ($METACOT_DATA)" if folder else "cannot be found: $METACOT_DATA is not set"
        if os.environ.get("METACOT_DATA_REQUIRED") == "1":
            pytest.fail(f"{relative} {why}, and METACOT_DATA_REQUIRED=1", pytrace=False)
        request.node.user_properties.append((MISSING, relative))
        pytest.skip(f"{relative} {why}")

    return find


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """After pytest's own skip lines (one per file, since equal reasons are folded), the total over all data files."""
    # Set properties are repeated in the report of the teardown: only reports counted as skipped are looked at.
    skipped = terminalreporter.stats.get("skipped", [])
    files = [value for report in skipped for name, value in report.user_properties if name == MISSING]
    if files:
        terminalreporter.write_line(
            f"Data: {len(files)} tests skipped for want of {len(set(files))} files; set METACOT_DATA to their folder"
        )


# A server on this machine


@pytest.fixture
def chat_server() -> Iterator[Callable[..., ChatServer]]:
    """A function that starts a `ChatServer`; all are stopped when the test ends."""
    servers = []

    def start(*answers: Answer, models: Sequence[str] = ()) -> ChatServer:
        servers.append(ChatServer(list(answers), list(models)))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


# The package

ROOT = Path(__file__).parents[1]
ROOMS = ("tasks", "rewards", "envs", "agents", "cli")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository, which is also that of the package."""
    return ROOT


@pytest.fixture(scope="session")
def package_files() -> list[str]:
    """Every file of the package relative to the root, sorted: what lies in its rooms, its root modules, py.typed."""
    in_rooms = (path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file())
    paths = (path.relative_to(ROOT) for path in (*ROOT.glob("*.py"), ROOT / "py.typed", *in_rooms))
    return sorted(path.as_posix() for path in paths if "__pycache__" not in path.parts)


@pytest.fixture(scope="session")
def wheel(package_files: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources.

    The copy keeps `build/` and egg-info out of the tree, and whatever an earlier build left there out of the wheel. It
    also holds files that must not get into the wheel.
    """
    copy = tmp_path_factory.mktemp("copy")
    for name in (*package_files, "pyproject.toml", "README.md", "LICENSE"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((ROOT / name).read_bytes())
    for name in ("tests/test_x.py", "examples/x.py", "benchmarks/__init__.py", "docs/x.py", "runs/x.json", "x.csv"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).touch()
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", "."]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [built] = (copy / "dist").glob("*.whl")
    return built


# Ray


@pytest.fixture
def cluster() -> Iterator[str]:
    """The address of a Ray cluster with two processors, in processes of its own."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'metacot[ray]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # A folder with a short name: Unix sockets lie in it.
    with TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        start = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", "--disable-usage-stats"]
        start += ["--port", str(port), "--num-cpus", "2", "--node-ip-address", "127.0.0.1"]
        start += ["--include-dashboard", "false", "--temp-dir", folder]
        # Ray's workers would give way to everything else on a busy machine.
        env = {**os.environ, "RAY_worker_niceness": "0"}
        with subprocess.Popen(
            start, env=env, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as head:
            for text in head.stdout:
                if b"Ray runtime started" in text:
                    break
            else:
                pytest.fail("the Ray cluster did not start")
            yield f"127.0.0.1:{port}"
            os.killpg(head.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                head.communicate(timeout=5)
            with suppress(ProcessLookupError):
                os.killpg(head.pid, signal.SIGKILL)


# Weights & Biases


def _history(folder: Path) -> list[dict]:
    """The history rows in the .wandb file of an offline run: a LevelDB log of protocol buffers in blocks of 32 KiB."""
    from wandb.proto import wandb_internal_pb2

    data = b"".join(path.read_bytes() for path in folder.glob("*.wandb"))
    assert data[:4] in (b"", b":W&B")
    rows, record, at = [], b"", 7
    while at + 7 <= len(data):
        if (room := 32768 - at % 32768) < 7:
            at += room
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        if at + 7 + length > len(data):
            break  # still being written
        record += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # a whole record, or the last piece of one
            parsed = wandb_internal_pb2.Record.FromString(record)
            record = b""
            if parsed.WhichOneof("record_type") == "history":
                items = parsed.history.item
                rows.append({item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items})
    return rows


@pytest.fixture
def offline_history() -> Callable[[Path, int], list[dict]]:
    """A function from the folder of an offline run, and how many rows it should have, to its rows.

    W&B's own process may still be writing when a run is finished, so it waits for them.
    """

    def read(folder: Path, count: int) -> list[dict]:
        deadline = time.monotonic() + 30
        while len(rows := _history(folder)) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        return rows

    return read
