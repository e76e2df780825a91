"""The wheel holds the package, the whole package and nothing but the package."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest


@pytest.fixture(scope="session")
def project(root) -> dict:
    """pyproject.toml, read."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def unpacked(wheel, tmp_path_factory) -> Path:
    """A folder with the wheel's content, laid out as an installer does."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def names(wheel) -> list[str]:
    """The names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def python(code: str, site: Path, cwd: Path) -> list[str]:
    """The lines that `code` prints when it runs in `cwd` and takes metacot from `site`."""
    # PYTHONPATH comes before an editable install of this tree; third parties come from this environment.
    env = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_every_folder_with_modules_is_listed_as_a_package(project, package_files):
    folders = {PurePosixPath("metacot", name).parent for name in package_files if name.endswith(".py")}
    expected = sorted(".".join(folder.parts) for folder in folders)
    assert sorted(project["tool"]["setuptools"]["packages"]) == expected


def test_every_package_folder_has_an_init(package_files):
    folders = {PurePosixPath(name).parent for name in package_files if name.endswith(".py")}
    assert [str(folder) for folder in sorted(folders) if str(folder / "__init__.py") not in package_files] == []


def test_no_stray_module_lies_in_the_root_where_the_wheel_would_take_it_along(root):
    assert sorted(path.name for path in root.glob("*.py")) == ["__init__.py"]


def test_the_wheel_holds_exactly_the_files_on_disk(names, package_files):
    content = sorted(name for name in names if ".dist-info/" not in name)
    assert content == [f"metacot/{name}" for name in package_files]


def test_the_wheel_carries_the_licence_and_the_command(names, unpacked):
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    [entry_points] = unpacked.glob("*.dist-info/entry_points.txt")
    assert "metacot = metacot.cli:main" in entry_points.read_text(encoding="utf-8")


def test_every_data_file_opens_through_the_installed_package(root, unpacked, tmp_path, package_files):
    data = [name for name in package_files if not name.endswith(".py")]
    assert "py.typed" in data
    code = f"""
from importlib.resources import files
for name in {data}:
    print(name, len(files("metacot").joinpath(name).read_bytes()))
"""
    assert python(code, unpacked, tmp_path) == [f"{name} {(root / name).stat().st_size}" for name in data]


def test_all_packages_import_from_the_wheel_in_another_folder(project, unpacked, tmp_path):
    code = f"""
import importlib
for name in {project["tool"]["setuptools"]["packages"]}:
    print(importlib.import_module(name).__file__)
"""
    files = [Path(line) for line in python(code, unpacked, tmp_path)]
    assert [file for file in files if unpacked / "metacot" not in file.parents] == []


def test_the_version_is_the_same_wherever_it_is_written(root, wheel):
    import metacot

    assert wheel.name.startswith(f"metacot-{metacot.__version__}-")
    assert f"\nversion: {metacot.__version__}\n" in (root / "CITATION.cff").read_text(encoding="utf-8")


def test_the_link_for_type_checkers_leads_to_the_root(root):
    link = root / ".paths" / "metacot"
    assert link.is_symlink()
    assert os.fspath(link.readlink()) == ".."
