"""Which tests share a process: by the mark of the test, else of its module."""

from __future__ import annotations

from pathlib import Path

from tests.spreading import group_of

MARKED = """
import pytest
pytestmark = [pytest.mark.real_model, pytest.mark.xdist_group("module")]

@pytest.mark.parametrize("x", ["a::b", "[c]"])
@pytest.mark.xdist_group("own")
def test_own(x): ...

async def test_of_the_module(): ...
"""


def test_a_test_is_of_its_own_group_else_of_its_modules(tmp_path: Path) -> None:
    (tmp_path / "test_marked.py").write_text(MARKED)
    (tmp_path / "test_plain.py").write_text("def test_one(): ...")
    assert group_of("test_marked.py::test_own[a::b]", tmp_path) == "own"
    assert group_of("test_marked.py::test_own[[c]]", tmp_path) == "own"
    assert group_of("test_marked.py::test_of_the_module", tmp_path) == "module"
    assert group_of("test_plain.py::test_one", tmp_path) is None


def test_what_starts_processes_or_is_timed_is_of_one_group() -> None:
    root = Path(__file__).resolve().parents[2]
    assert group_of("tests/engine/test_worker.py::test_any", root) == "alone"
    assert group_of("tests/unit/test_steps.py::test_long_hostile_text_is_split_in_linear_time[- ]", root) == "alone"
