"""The registry of tasks: names, clashes, entry points of other packages, and who is told."""

import warnings
from importlib.metadata import EntryPoint

import pytest

from metacot.tasks import Task, make, names, on_register, register, registry
from metacot.tasks.game24 import Game24


@pytest.fixture(autouse=True)
def _registry_of_its_own(monkeypatch):
    """What a test registers is forgotten after it, and nobody else's packages are looked at."""
    names()
    monkeypatch.setattr(registry, "_factories", {"game24": Game24})
    monkeypatch.setattr(registry, "_listeners", [])
    monkeypatch.setattr(registry, "entry_points", lambda group: [])


@pytest.fixture
def install(monkeypatch):
    """A function that pretends that packages with these entry points (name=value) have been installed."""

    def pretend(**points):
        def found(group):
            return (
                [EntryPoint(name, value, group) for name, value in points.items()] if group == "metacot.tasks" else []
            )

        monkeypatch.setattr(registry, "entry_points", found)
        monkeypatch.setattr(registry, "_discovered", False)

    return pretend


EVERY = {name: make(name) for name in names()}


class Other(Game24):
    """Another task."""


def test_every_registered_task_is_made_by_its_name():
    assert "game24" in names()
    for name in names():
        task = make(name)
        assert isinstance(task, Task)
        assert task.name == name


@pytest.mark.parametrize("name", EVERY)
def test_an_unknown_knob_is_a_value_error_in_every_task(name):
    for ask in (lambda: EVERY[name].problem(0, 0, no_such_knob=1), lambda: EVERY[name].count("train", no_such_knob=1)):
        with pytest.raises(ValueError, match="no_such_knob"):
            ask()


def test_options_reach_the_factory():
    register("other", lambda **options: options)
    assert make("other", size=3) == {"size": 3}
    with pytest.raises(TypeError, match="sizes"):
        make("game24", sizes=3)


def test_names_are_sorted():
    register("zebra", Other)
    register("ant", Other)
    assert names() == ["ant", "game24", "zebra"]


def test_registering_the_same_factory_twice_is_harmless():
    told = []
    on_register(told.append)
    register("other", Other)
    register("other", Other)
    register("game24", Game24)
    assert told == ["game24", "other"]
    assert make("other").name == "game24"


def test_a_name_that_is_taken_is_refused():
    with pytest.raises(ValueError, match="a different task is already registered as 'game24'"):
        register("game24", Other)
    assert type(make("game24")) is Game24


@pytest.mark.parametrize("name", ["", "Game24", "24game", "game-24", "game 24", "größe", "_game", "game24\n", "a.b"])
def test_a_bad_name_is_refused_with_the_rule(name):
    with pytest.raises(ValueError, match="a task name is a lower-case letter, then lower-case letters, digits or _"):
        register(name, Other)


def test_an_unknown_name_is_answered_with_those_that_are_known():
    register("other", Other)
    with pytest.raises(KeyError, match="no task is called 'chess'; known: game24, other"):
        make("chess")


def test_listeners_hear_of_tasks_known_before_and_registered_later():
    told = []
    register("early", Other)
    on_register(told.append)
    register("late", Other)
    assert told == ["early", "game24", "late"]


def test_entry_points_of_installed_packages_are_found_once(install):
    install(outside="metacot.tasks.game24:Game24")
    told = []
    on_register(told.append)
    assert told == names() == ["game24", "outside"]
    assert type(make("outside")) is Game24


def test_a_package_may_register_a_task_and_name_it_as_an_entry_point(install):
    install(outside="metacot.tasks.game24:Game24")
    register("outside", Game24)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert names() == ["game24", "outside"]


def test_an_entry_point_that_does_not_load_is_left_out_with_a_warning(install):
    install(broken="no_such_package.tasks:Broken", outside="metacot.tasks.game24:Game24")
    with pytest.warns(RuntimeWarning, match=r"'broken' \(no_such_package.tasks:Broken\) is left out: ModuleNotFound"):
        assert names() == ["game24", "outside"]
    assert names() == ["game24", "outside"], "and the warning is given once"


def test_an_entry_point_cannot_take_the_name_of_another_task(install):
    install(game24="metacot.tasks:Tree")
    with pytest.warns(RuntimeWarning, match="a different task is already registered as 'game24'"):
        assert names() == ["game24"]
    assert type(make("game24")) is Game24
