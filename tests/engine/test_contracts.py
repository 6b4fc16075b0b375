"""The two contracts of the house: the engine runs without a front end, and the TUI process without the engine's weight.

Import-linter reads the imports that are written; a fresh interpreter shows which are made, also through libraries.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FRONT_ENDS = ("textual", "app", "screens")
HEAVY = ("torch", "transformers", "numpy", "sympy", "matplotlib", "datasets", "sentence_transformers")


OPEN_ROOMS = (
    "engine.runs", "engine.rows", "engine.statistics", "engine.compare", "engine.recipes", "engine.stages",
    "engine.errors", "engine.words", "engine.printable", "engine.models.paths",
)  # fmt: skip
"""What front ends may import; the rest of the engine they reach through a process."""


def modules_below(*packages: str) -> list[str]:
    """Every module of these packages, found on disk and not imported."""
    paths = [path for package in packages for path in ROOT.joinpath(*package.split(".")).rglob("*.py")]
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths)


def loaded_after_importing(names: Iterable[str]) -> set[str]:
    """Top-level names in sys.modules of a fresh interpreter that imported all of them."""
    code = (
        "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.run(
        [sys.executable, "-c", code, *names], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr
    return set(process.stdout.split())


def test_the_written_imports_keep_the_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    process = subprocess.run(
        [str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr


def test_front_ends_name_the_open_rooms_of_the_engine_only() -> None:
    written = [
        (path.name, node.module)
        for folder in ("app", "screens")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("engine")
    ]
    assert written
    assert [(name, module) for name, module in written if not module.startswith(OPEN_ROOMS)] == []


def test_the_engine_reaches_no_front_end() -> None:
    names = modules_below("engine")
    assert {"engine.worker", "engine.runs.tail", "engine.recipes.loading", "engine.models.loading"} <= set(names)
    assert not set(FRONT_ENDS) & loaded_after_importing(names)


def test_the_tui_process_reaches_none_of_the_engines_weight() -> None:
    names = modules_below("app", "screens")
    assert {"app.tui", "app.cli", "app.batch", "screens.launch.screen", "screens.items.screen"} <= set(names)
    assert not set(HEAVY) & loaded_after_importing(names)


@pytest.mark.parametrize(
    "room", ["engine.statistics", "engine.runs", "engine.rows", "engine.compare", "engine.recipes"]
)
def test_the_rooms_that_front_ends_import_are_light(room: str) -> None:
    loaded = loaded_after_importing(modules_below(f"engine.{room}"))
    assert not {*HEAVY, *FRONT_ENDS} & loaded
    if room != "recipes":
        assert "pydantic" not in loaded, "standard library only"
