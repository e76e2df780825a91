"""A killed process leaves no half of a file under a final name, and what it leaves beside it goes away."""

from __future__ import annotations

import signal
import subprocess
import sys

from metacot.agents.files import clear_halves, write_whole

KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from metacot.agents.files import write_whole
os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)
write_whole(Path(sys.argv[1]), "new")
"""


def test_a_process_killed_while_it_writes_leaves_the_old_file_and_a_half_that_is_cleared(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    write_whole(path, "old")
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(path.parent.iterdir())) == 2
    clear_halves(tmp_path)
    assert list(path.parent.iterdir()) == [path]
    assert path.read_text() == "old"
    clear_halves(tmp_path / "not there")
