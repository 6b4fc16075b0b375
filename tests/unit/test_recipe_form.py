"""The recipe form: fields, edits, and the command line that does the same."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import UserError
from engine.recipes.keys import format_value, parse_value, settable_keys
from engine.recipes.loading import Resolved, apply_edits, command_line, dump_recipe, editable_fields, resolve
from engine.recipes.recipe import Recipe
from engine.recipes.stages.evaluate import EvaluateSettings
from engine.recipes.stages.report import ReportSettings
from engine.recipes.stages.score import ScoreSettings
from engine.stages import STAGES


def test_every_edit_can_be_shown_as_a_command_that_does_the_same() -> None:
    base = resolve("demo", "cpu")
    edits = {
        "problems.limit": "", "problems.levels": "1,3", "problems.subjects": "a b, it's", "problems.ids": "",
        "models.policy": "hf:A/B", "models.judge": "none", "evaluate.temperature": "0.7", "report.figures": "false",
        "hardware.batch_size": "3", "hardware.threads": "2", "thresholds.accuracy": "0.5", "seed": "7",
        "problems.path": "some folder/x",
    }  # fmt: skip
    edited = apply_edits(base, edits)
    shown = command_line("demo", "cpu", base, edited)
    assert "models.judge" not in shown, "only what differs is shown"
    assert parsed(shown) == edited
    assert command_line("demo", "cpu", base, base) == "mathreason-tui --batch demo --preset cpu"


def parsed(shown: str) -> Resolved:
    words = shlex.split(shown)
    assert words[:2] == ["mathreason-tui", "--batch"]
    preset = words[words.index("--preset") + 1] if "--preset" in words else None
    return resolve(words[2], preset, [words[i + 1] for i, word in enumerate(words) if word == "--set"])


@pytest.mark.parametrize("recipe", ["demo", "realign", "regrade", "score-solutions"])
def test_the_form_takes_back_what_it_shows(recipe: str) -> None:
    resolved = resolve(recipe)
    fields = editable_fields(resolved)
    assert apply_edits(resolved, {field.key: field.value for field in fields}) == resolved
    assert all(field.help for field in fields)
    assert len({field.key for field in fields}) == len(fields)


def test_the_form_offers_choices_and_columns_where_they_count() -> None:
    fields = {field.key: field for field in editable_fields(resolve("demo"))}
    assert fields["problems.source"].choices[0] == "embedded"
    assert fields["report.figures"].choices == ("true", "false")
    assert "hf:Qwen/Qwen3-4B-Instruct-2507" in fields["models.policy"].choices
    assert "problems.columns.answer" not in fields
    assert "problems.columns.answer" in {f.key for f in editable_fields(resolve("score-solutions"))}


RARE = ("models.reference", "models.prm", "models.safeguard")


def test_rare_roles_are_offered_where_a_stage_uses_them_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not {*RARE, *(f"hardware.{role}" for role in RARE)} & settable_keys(resolve("realign").recipe).keys()
    with pytest.raises(UserError, match=r"has no use for models\.prm"):
        resolve("realign", None, ["models.prm=hf:A/B"])
    kind = STAGES["evaluate"]
    monkeypatch.setitem(STAGES, "evaluate", replace(kind, roles=(*kind.roles, "reference", "prm", "safeguard")))
    base = resolve("demo")
    fields = {field.key: field for field in editable_fields(base)}
    assert [fields[role].value for role in RARE] == ["none"] * 3, "empty, and no preset fills them"
    assert "hf:Qwen/Qwen3-4B-Instruct-2507" in fields["models.reference"].choices
    edited = apply_edits(base, {"models.reference": "hf:A/B+run:last/sft", "models.prm": fields["models.prm"].value})
    assert edited.recipe.models.reference == "hf:A/B+run:last/sft"
    assert command_line("demo", None, base, edited).endswith("--set models.reference=hf:A/B+run:last/sft")
    assert "prm" not in dump_recipe(base)
    assert dump_recipe(resolve("demo")) == dump_recipe(base)


def test_a_wrong_edit_names_its_field() -> None:
    with pytest.raises(UserError) as caught:
        apply_edits(resolve("demo"), {"evaluate.few_shot": "nine"})
    assert caught.value.message.startswith("evaluate.few_shot: ")


printable = st.text(st.characters(min_codepoint=32, max_codepoint=0x24FF, exclude_characters="\x7f"), max_size=12)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_value_written_as_text_is_read_back(data: st.DataObject) -> None:
    keys = settable_keys(Recipe(name="a", title="a", stages=(EvaluateSettings(), ScoreSettings(), ReportSettings())))
    key = data.draw(st.sampled_from(list(keys.values())))
    strategies: dict[str, st.SearchStrategy[object]] = {
        "text": printable, "model": printable.filter(str.strip), "int": st.integers(), "bool": st.booleans(),
        "float": st.floats(allow_nan=False, allow_infinity=False), "choice": st.sampled_from(key.choices or ("",)),
        "list": st.lists(st.integers() if key.item_is_number else printable, max_size=3),
    }  # fmt: skip
    value = data.draw(
        strategies[key.kind] | st.none() if key.nullable and key.kind != "model" else strategies[key.kind]
    )
    assert parse_value(key, format_value(key, value)) == value
