"""Which tests a change touches: by imports, by names in strings, by the conftest.py of their folders; nearest first."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import touched as checked
from tests.touched import Graph, changed_files, importers, modules_of, touched


@pytest.fixture(scope="session")
def graph() -> Graph:
    return importers()


def test_what_changed_itself_comes_first_and_then_the_nearest(graph: Graph) -> None:
    found = touched(["engine/grading/units.py", "tests/unit/test_quadrant.py"], graph)
    assert found[:2] == ["tests.unit.test_quadrant", "tests.unit.test_units"]
    assert "tests.unit.test_grader_structure" in found[2:]  # through the grader
    assert "tests.unit.test_hardware" not in found


def test_a_module_that_is_named_in_a_string_counts_as_imported(graph: Graph) -> None:
    assert "engine.runs.launch" in graph["engine.worker"]  # python -m engine.worker
    assert "tests.engine.test_worker" in touched(["engine/worker.py"], graph)
    assert "tests.unit.test_presets" in touched(["presets/recipes/demo.toml"], graph)


def test_data_touches_what_the_modules_beside_it_touch(graph: Graph) -> None:
    assert "screens.items.screen" in modules_of("screens/items/items.tcss", graph)
    assert "tests.screens.test_items" in modules_of("tests/screens/snapshots/any.txt", graph)
    assert modules_of("README.md", graph) == modules_of("engine/no_longer_there.py", graph) == []


def test_a_conftest_touches_the_tests_below_it_and_what_it_imports_does_not(graph: Graph) -> None:
    below = touched(["tests/screens/conftest.py"], graph)
    assert {"tests.screens.test_run", "tests.screens.test_plot"} <= set(below)
    assert "tests.unit.test_hardware" not in below
    assert "tests.unit.test_hardware" not in touched(["engine/grading/grader.py"], graph)


def test_git_is_asked_for_what_differs_from_the_trunk_and_for_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*arguments: str) -> None:
        author = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *author, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def write(name: str) -> None:
        (tmp_path / name).write_text("x = 1\n")

    monkeypatch.setattr(checked, "ROOT", tmp_path)
    git("init", "--initial-branch", "main")
    write("kept.py")
    git("add", ".")
    git("commit", "-m", "one")
    git("switch", "--create", "work")
    write("committed.py")
    git("add", ".")
    git("commit", "-m", "two")
    write("new.py")
    assert changed_files() == ["committed.py", "new.py"]
    assert changed_files("HEAD") == ["new.py"]
    git("branch", "--delete", "--force", "main")
    assert changed_files() == ["new.py"]
