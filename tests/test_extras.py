"""`require`: the lazy import of what an extra brings."""

import json
import sys

import pytest

from metacot.tasks.extras import require


def test_a_module_that_is_there_is_returned_as_it_is():
    assert require("json", "lm") is json


def test_a_dotted_name_returns_the_submodule_itself():
    assert require("json.decoder", "lm") is json.decoder


def test_a_missing_module_is_named_with_the_command_that_brings_it():
    with pytest.raises(ImportError, match=r"^no_such_module is needed here: pip install 'metacot\[train\]'$") as caught:
        require("no_such_module", "train")
    assert caught.value.name == "no_such_module"
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_missing_dependency_of_the_module_is_named_instead_of_the_module(tmp_path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import no_such_dependency\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match=r"^no_such_dependency is needed here: pip install 'metacot\[lm\]'$"):
        require("half_installed", "lm")
    assert "half_installed" not in sys.modules


def test_a_module_that_breaks_in_another_way_keeps_its_own_error(tmp_path, monkeypatch):
    (tmp_path / "broken_module.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ZeroDivisionError):
        require("broken_module", "lm")
