"""The table of stages: every kind has every part, and nobody else asks what kind a stage is."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.modes import MODES
from engine.errors import UserError
from engine.machine.memory_terms import workload
from engine.machine.workloads import Workload
from engine.recipes.preset import HardwarePreset
from engine.recipes.recipe import STAGE_CLASSES, Recipe
from engine.recipes.sections import ModelRoles
from engine.recipes.stages.section import StageSection
from engine.rows.kinds import ROW_KINDS, RowKind
from engine.stages import STAGES, StageKind, kinds_making, recorded_kind, resolve_lazy, stage_kind
from screens.run.focus import FIGURES
from screens.run.panels import PANELS

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = ("problems", "run", "hardware")

each_kind = pytest.mark.parametrize("kind", STAGES.values(), ids=list(STAGES))


@each_kind
def test_a_kind_has_settings_that_say_its_name(kind: StageKind) -> None:
    settings = resolve_lazy(kind.settings)
    assert issubclass(settings, StageSection)
    assert STAGE_CLASSES[kind.kind] is settings
    stage: StageSection = resolve_lazy(kind.settings)()
    assert stage.kind == stage.name == kind.kind
    described = {name: field.description for name, field in settings.model_fields.items()}
    assert all(text for name, text in described.items() if name not in ("kind", "name") and not stage.own(name))


@each_kind
def test_a_kind_has_a_function_and_a_readiness_check(kind: StageKind) -> None:
    assert list(inspect.signature(resolve_lazy(kind.function)).parameters) == ["settings", "context"]
    assert list(inspect.signature(resolve_lazy(kind.readiness)).parameters) == ["stage", "recipe", "runs_dir"]


@each_kind
def test_a_kind_says_what_it_asks_of_a_machine(kind: StageKind) -> None:
    stage = resolve_lazy(kind.settings)()
    preset = HardwarePreset(name="p", title="p")
    asked = workload(stage, Recipe(name="r", title="r", stages=(stage,)), preset)
    assert isinstance(asked, Workload)
    assert set(asked.batches) <= set(kind.roles)
    assert asked.embedding is None or "embedder" in kind.roles
    assert all(hasattr(stage, name) for name in kind.smaller)


@each_kind
def test_a_kind_names_rows_roles_sections_and_panels_that_there_are(kind: StageKind) -> None:
    assert kind.makes is None or kind.makes in ROW_KINDS
    assert set(kind.roles) <= set(ModelRoles.model_fields)
    assert {used.partition(".")[0] for used in kind.uses} <= set(SECTIONS)
    assert set(kind.panels) <= {*PANELS, FIGURES}
    assert bool(kind.makes) <= bool(kind.panels), "what has rows is shown"
    assert bool(kind.figures) <= bool(kind.makes)
    assert kind.generates <= ("policy" in kind.roles)


def test_an_unknown_kind_is_refused_with_what_was_meant() -> None:
    with pytest.raises(UserError, match='"reprt": did you mean "report"') as caught:
        stage_kind("reprt")
    assert "evaluate" in caught.value.next_step
    assert recorded_kind("of a later version").panels == ()


def test_kinds_and_panels_are_looked_up_by_what_is_made() -> None:
    assert kinds_making("graded") == ("evaluate", "score", "regrade")
    assert STAGES["evaluate"].panels == ("accuracy", "quadrants", "speed", "machine")
    assert STAGES["score"].panels == ("accuracy", "quadrants", "machine")
    assert STAGES["report"].panels == ()
    assert STAGES["validate"].panels == (FIGURES,)


@pytest.mark.parametrize("kind", ROW_KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_of_row_has_every_part(kind: RowKind) -> None:
    assert {"from_json", "to_json", "to_item"} <= set(dir(kind.row_class))
    assert kind.opens in MODES
    assert kind.columns
    assert kind.noun


def test_the_table_stands_on_the_standard_library() -> None:
    code = (
        "import sys, engine.stages; print([m for m in ('pydantic', 'numpy', 'torch', 'difflib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


THEIR_OWN = ("engine/stages.py", "engine/recipes/stages/")
"""Where the name of a kind may stand: the table and the settings of that kind."""


def test_nobody_else_asks_what_kind_a_stage_is() -> None:
    paths = [path for room in ("engine", "app", "screens") for path in (ROOT / room).rglob("*.py")]
    assert len(paths) > 100
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in paths
        if not str(path.relative_to(ROOT)).startswith(THEIR_OWN)
        for line in kinds_asked_for(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        'stage.kind == "evaluate"', 'x not in ("score", "other")', 'kinds & {"score", "regrade"}',
        "isinstance(stage, recipes.EvaluateSettings | ScoreSettings)", 'GRADED = ("evaluate", "score")',
        'match stage.kind:\n    case "report" | "other":\n        pass', '"validate" in kinds',
    ],
)  # fmt: skip
def test_such_questions_are_found(text: str) -> None:
    assert list(kinds_asked_for(ast.parse(text)))


def kinds_asked_for(tree: ast.AST) -> Iterator[int]:
    """The lines that compare with the name of a kind, collect several of them, or ask for a class of settings."""
    classes = {cls.__name__ for cls in STAGE_CLASSES.values()}
    for node in ast.walk(tree):
        match node:
            case ast.Compare() | ast.MatchValue():
                asked = any(names_a_kind(part) for part in ast.walk(node))
            case ast.Tuple(elts=elements) | ast.Set(elts=elements) | ast.List(elts=elements):
                asked = sum(map(names_a_kind, elements)) > 1
            case ast.Call(func=ast.Name(id="isinstance")):
                names = {getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(node)}
                asked = bool(names & classes)
            case ast.MatchClass(cls=ast.Name(id=name)):
                asked = name in classes
            case _:
                asked = False
        if asked:
            yield getattr(node, "lineno", 0)


def names_a_kind(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value in STAGES
