"""The `data_file` fixture: real data is found, its absence is counted aloud, and can be made a failure."""

from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
USES_TWO_FILES = """
    import pytest

    @pytest.mark.parametrize("file", ["a/1.csv", "a/1.csv", "b.json"])
    def test_uses(data_file, file):
        assert data_file(file).read_text() == "here"
"""


@pytest.fixture
def suite(pytester, monkeypatch):
    """A small suite with our conftest, whose three tests use two files."""
    monkeypatch.delenv("METACOT_DATA", raising=False)
    monkeypatch.delenv("METACOT_DATA_REQUIRED", raising=False)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(USES_TWO_FILES)
    return pytester


def test_an_unset_folder_gives_one_skip_line_per_file_and_a_total(suite):
    result = suite.runpytest("-rs")
    result.assert_outcomes(skipped=3)
    assert sum("SKIPPED" in line and "METACOT_DATA is not set" in line for line in result.outlines) == 2
    result.stdout.fnmatch_lines(["Data: 3 tests skipped for want of 2 files*"])


def test_a_file_that_is_there_is_used_and_only_the_other_is_skipped(suite, monkeypatch):
    (suite.path / "data" / "a").mkdir(parents=True)
    (suite.path / "data" / "a" / "1.csv").write_text("here")
    monkeypatch.setenv("METACOT_DATA", "data")
    result = suite.runpytest("-rs")
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(["Data: 1 tests skipped for want of 1 files*"])


def test_required_data_that_is_missing_fails_instead(suite, monkeypatch):
    monkeypatch.setenv("METACOT_DATA_REQUIRED", "1")
    result = suite.runpytest()
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["*METACOT_DATA_REQUIRED=1*"])


def test_a_connection_beyond_this_machine_is_refused():
    import socket

    with socket.socket() as plug, pytest.raises(RuntimeError, match="never use the network"):
        plug.connect(("192.0.2.1", 80))
