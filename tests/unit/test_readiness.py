"""What a recipe is refused for before a run is made, and which settings it has a use for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.machine.memory_terms import memory_terms
from engine.recipes.keys import settable_keys
from engine.recipes.loading import editable_fields, load_recipe, require_complete, resolve

ROW = {"question": "1 + 1?", "ground_truth": "2", "small": {"solution": "1 + 1 = 2", "is_correct": True}}


def complaint(recipe: str, sets: Sequence[str] = ()) -> UserError:
    with pytest.raises(UserError) as caught:
        require_complete(resolve(recipe, None, list(sets)))
    return caught.value


# -- settings that do something


@pytest.mark.parametrize(
    ("recipe", "has", "lacks"),
    [
        ("validate-alignment", {"models.embedder", "validate.data", "hardware.threads", "seed"},
         {"models.policy", "models.judge", "problems.limit", "hardware.quantization", "thresholds.accuracy", "run"}),
        ("regrade", {"run", "models.judge", "models.embedder", "thresholds.accuracy", "hardware.quantization"},
         {"models.policy", "problems.limit"}),
        ("score-solutions", {"problems.path", "models.judge", "thresholds.accuracy"}, {"models.policy", "run"}),
        ("demo", {"models.policy", "problems.limit", "hardware.quantization", "thresholds.accuracy"}, {"run"}),
    ],
)  # fmt: skip
def test_a_recipe_offers_what_its_stages_use(recipe: str, has: set[str], lacks: set[str]) -> None:
    keys = settable_keys(load_recipe(recipe)).keys()
    assert has <= keys
    assert not lacks & keys
    assert {field.key for field in editable_fields(resolve(recipe))} <= keys


@pytest.mark.parametrize(
    ("recipe", "key"), [("validate-alignment", "problems.limit"), ("regrade", "models.policy"), ("demo", "run")]
)
def test_a_setting_without_a_use_is_refused_by_name(recipe: str, key: str) -> None:
    error = complaint(recipe, [f"{key}=3"])
    assert f"{recipe} has no use for {key}" in error.message
    assert "seed" in error.next_step


def test_the_memory_of_a_validation_is_that_of_its_embedder() -> None:
    resolved = resolve("validate-alignment", "cpu")
    assert [term.name for term in memory_terms(resolved.recipe, resolved.preset)] == ["embedder", "libraries"]
    assert "has no embedder" in complaint("validate-alignment", ["models.embedder=none"]).message


# -- the folder of labelled chains


def test_a_folder_of_labelled_chains_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labelled").mkdir()
    error = complaint("validate-alignment", [f"validate.data={tmp_path}/labeled"])
    assert f'validate.data: {tmp_path}/labeled is not there: did you mean "{tmp_path}/labelled"?' in error.message
    assert "--set validate.data=DIR" in error.next_step
    (tmp_path / "file").touch()
    assert "is a file, not a folder" in complaint("validate-alignment", [f"validate.data={tmp_path}/file"]).message


@pytest.mark.parametrize(
    ("beside", "named", "near"),
    [("labelled", "labeled", True), ("try", "nothere", False), ("data2", "data", True), ("proc", "nope", False)],
)
def test_only_a_folder_of_nearly_the_same_name_is_guessed(tmp_path: Path, beside: str, named: str, near: bool) -> None:
    (tmp_path / beside).mkdir()
    error = complaint("validate-alignment", [f"validate.data={tmp_path}/{named}"])
    assert ("did you mean" in error.message) == near


@pytest.mark.parametrize(
    ("files", "refused"),
    [
        ((), True),
        (("gsm8k/test.jsonl",), True),  # half of a set is none
        (("champ/fws_annotations.jsonl",), False),  # what it lacks is for the table
        (("gsm8k/example_model_solutions.jsonl",), False),
    ],
)
def test_a_folder_with_none_of_the_sets_is_refused(tmp_path: Path, files: Sequence[str], refused: bool) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    sets = [f"validate.data={tmp_path}"]
    if refused:
        assert "holds none of the labelled sets" in complaint("validate-alignment", sets).message
    else:
        require_complete(resolve("validate-alignment", None, sets))


# -- the column of solutions


@pytest.mark.parametrize(
    ("text", "sets", "says"),
    [
        (json.dumps(ROW), [], "has no column of solutions: none is named solution or student_solution"),
        (json.dumps(ROW), ["problems.columns.solution=solutoin"], 'has no column "solutoin"'),
        (json.dumps(ROW), ["problems.columns.solution=small.solution"], None),
        (json.dumps(ROW | {"solution": "2"}), [], None),
        (json.dumps(ROW) + "\n" + json.dumps(ROW | {"solution": "2"}), [], None),
        ("no json", [], None),
        ("", [], None),
    ],
)
def test_a_file_without_solutions_is_refused(tmp_path: Path, text: str, sets: list[str], says: str | None) -> None:
    path = tmp_path / "solutions.jsonl"
    path.write_text(text + "\n")
    arguments = [f"problems.path={path}", *sets]
    if says is None:
        require_complete(resolve("score-solutions", None, arguments))
        return
    error = complaint("score-solutions", arguments)
    assert says in error.message
    assert "--set problems.columns.solution=COLUMN; there are small.solution, question" in error.next_step
