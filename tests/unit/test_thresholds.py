"""Thresholds by stage and figure: how they are written, what they mean, and what is said of those that were missed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.recipes.loading import apply_edits, dump_recipe, editable_fields, resolve
from engine.recipes.recipe import Recipe
from engine.recipes.thresholds import figures_of, missed, thresholds_of

TWO = """
name = "two"
title = "Base and tuned"
[models]
policy = "embedded:smollm2-135m-instruct"
[[stages]]
kind = "evaluate"
name = "base"
[[stages]]
kind = "evaluate"
name = "tuned"
[[stages]]
kind = "report"
"""


def two(folder: Path, thresholds: str = "", *sets: str) -> Recipe:
    path = folder / "two.toml"
    path.write_text(f"{TWO}[thresholds]\n{thresholds}\n")
    return resolve(path, None, sets).recipe


def meant(recipe: Recipe) -> list[tuple[str, float]]:
    return [(threshold.name, threshold.least) for threshold in thresholds_of(recipe)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("accuracy = 0.3", [("tuned.accuracy", 0.3)]),
        ('"base.accuracy" = 0.2', [("base.accuracy", 0.2)]),
        ("base.accuracy = 0.2\nbase.symbolic = 0.1", [("base.accuracy", 0.2), ("base.symbolic", 0.1)]),
        ("symbolic = 1", [("tuned.symbolic", 1.0)]),
        ('accuracy = 0.3\n"tuned.coverage" = 0.5', [("tuned.accuracy", 0.3), ("tuned.coverage", 0.5)]),
    ],
)
def test_a_name_means_a_figure_of_a_stage(tmp_path: Path, text: str, names: list[tuple[str, float]]) -> None:
    recipe = two(tmp_path, text)
    assert meant(recipe) == names
    (tmp_path / "again.toml").write_text(dump_recipe(recipe))
    assert resolve(tmp_path / "again.toml").recipe == recipe


def test_a_threshold_is_set_by_its_name(tmp_path: Path) -> None:
    recipe = two(tmp_path, "accuracy = 0.3", "thresholds.base.accuracy=0.25", "thresholds.accuracy=none")
    assert meant(recipe) == [("base.accuracy", 0.25)]
    with pytest.raises(UserError, match=r'did you mean "thresholds\.tuned\.accuracy"'):
        two(tmp_path, "", "thresholds.tuned.acuracy=0.3")
    with pytest.raises(UserError, match="must be at most 1"):
        two(tmp_path, "", "thresholds.tuned.accuracy=31")


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ('"tund.accuracy" = 0.3', 'no stage called "tund" has figures: did you mean "tuned"', "stages: base, tuned"),
        ('"report.accuracy" = 0.3', 'no stage called "report" has figures', "stages: base, tuned"),
        ('"tuned.acuracy" = 0.3', 'has no figure "acuracy": did you mean "accuracy"', "figures: accuracy"),
        ("acuracy = 0.3", 'no stage has the figure "acuracy": did you mean "accuracy"', "figures: accuracy"),
        ('"base.accuracy" = "high"', "must be a number", ""),
        ('"base.accuracy" = 31', "must be at most 1", ""),
    ],
)
def test_a_threshold_of_nothing_is_refused_with_its_line(tmp_path: Path, text: str, says: str, hint: str) -> None:
    with pytest.raises(UserError) as caught:
        two(tmp_path, text)
    line = TWO.count("\n") + 2
    assert caught.value.message.startswith(f"{tmp_path / 'two.toml'}, line {line}: ")
    assert says in caught.value.message
    assert hint in caught.value.next_step


def test_a_threshold_without_any_figure_is_refused(tmp_path: Path) -> None:
    text = 'name = "v"\ntitle = "v"\n[[stages]]\nkind = "validate"\n[thresholds]\naccuracy = 0.5\n'
    (tmp_path / "v.toml").write_text(text)
    with pytest.raises(UserError, match='no stage has the figure "accuracy"'):
        resolve(tmp_path / "v.toml")


def test_the_form_shows_the_thresholds_that_are_set(tmp_path: Path) -> None:
    two(tmp_path, '"base.accuracy" = 0.2')
    base = resolve(tmp_path / "two.toml")
    fields = {field.key: field for field in editable_fields(base) if field.key.startswith("thresholds.")}
    assert {key: field.value for key, field in fields.items()} == {
        "thresholds.accuracy": "", "thresholds.base.accuracy": "0.2",
    }  # fmt: skip
    assert fields["thresholds.base.accuracy"].label == "base.accuracy"
    assert meant(apply_edits(base, {"thresholds.base.accuracy": "0.4"}).recipe) == [("base.accuracy", 0.4)]


SUMMARIES: dict[str, dict[str, Any]] = {
    "base": {"accuracy": 0.2, "symbolic": {"value": 0.1, "low": 0.0, "high": 0.3, "n": 10}, "means": {}},
    "tuned": {"accuracy": 0.5, "symbolic": {"value": None}, "means": {"coverage": {"value": 0.75}}},
    "report": {"accuracy": 0.5},
}


def test_figures_are_named_by_stage_and_what_is_undefined_is_left_out(tmp_path: Path) -> None:
    assert figures_of(two(tmp_path), SUMMARIES) == {
        "base.accuracy": 0.2, "base.symbolic": 0.1, "tuned.accuracy": 0.5, "tuned.coverage": 0.75,
    }  # fmt: skip


def test_all_that_were_missed_are_named_with_value_and_threshold(tmp_path: Path) -> None:
    text = 'accuracy = 0.6\n"base.accuracy" = 0.31\n"base.symbolic" = 0.1\n"tuned.judge" = 0.5'
    recipe = two(tmp_path, text)
    error = missed(recipe, figures_of(recipe, SUMMARIES))
    assert error is not None
    assert error.exit_code == 4
    assert error.message == (
        "tuned.accuracy 0.500 is below the recipe's threshold 0.600; "
        "base.accuracy 0.200 is below the recipe's threshold 0.310; "
        "tuned.judge, which has no value, is below the recipe's threshold 0.500"
    )
    assert "lower thresholds.accuracy, thresholds.base.accuracy, thresholds.tuned.judge" in error.next_step
    assert missed(two(tmp_path, '"tuned.accuracy" = 0.5'), figures_of(recipe, SUMMARIES)) is None
