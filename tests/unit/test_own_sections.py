"""Stages with problems and models of their own: what they set overrides the recipe's, everywhere and for ever."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from engine.compare.origin import origin_of, same_problems
from engine.errors import UserError
from engine.machine.memory_terms import memory_terms
from engine.recipes.loading import (
    Resolved,
    apply_edits,
    command_line,
    dump_recipe,
    editable_fields,
    load_recipe,
    require_complete,
    resolve,
)
from tests.run_driver import make_run

TWO = """
name = "two"
title = "Base and tuned"
[models]
policy = "hf:Qwen/Qwen2.5-Math-1.5B-Instruct"
embedder = "embedded:all-minilm-l6-v2"
[problems]
source = "gsm8k"
limit = 24
levels = [1]
[[stages]]
kind = "evaluate"
name = "base"
[[stages]]
kind = "evaluate"
name = "tuned"
[stages.problems]
limit = 5
[stages.problems.columns]
answer = "gold"
[stages.models]
policy = "path:adapter"
judge = "none"
"""


@pytest.fixture
def two(tmp_path: Path) -> Path:
    path = tmp_path / "two.toml"
    path.write_text(TWO)
    return path


def stages_of(resolved: Resolved) -> dict[str, tuple[int | None, str | None]]:
    recipe = resolved.recipe
    return {s.name: (recipe.problems_of(s).limit, recipe.models_of(s).policy) for s in recipe.stages}


def test_a_key_set_by_the_stage_overrides_and_the_rest_is_the_recipes(two: Path) -> None:
    recipe = resolve(two).recipe
    base, tuned = recipe.stages
    assert recipe.problems_of(base) == recipe.problems
    own = recipe.problems_of(tuned)
    assert (own.source, own.limit, own.levels, own.columns.answer) == ("gsm8k", 5, (1,), "gold")
    assert recipe.models_of(tuned).policy == f"path:{two.parent / 'adapter'}", "from the recipe's folder"
    assert recipe.models_of(tuned).embedder == recipe.models.embedder
    assert recipe.models_of(tuned).judge == ""


def test_a_written_recipe_gives_the_same_again(two: Path, tmp_path: Path) -> None:
    resolved = resolve(two, None, ["base.problems.limit=7", "problems.limit=30"])
    path = tmp_path / "recipe.toml"
    path.write_text(dump_recipe(resolved))
    assert resolve(path) == resolved
    assert resolve(tmp_path) == resolved
    # What a stage leaves to the recipe still follows the recipe.
    again = resolve(path, None, ["problems.levels=2"]).recipe
    assert [again.problems_of(stage).levels for stage in again.stages] == [(2,), (2,)]
    assert "problems" not in dump_recipe(resolve("demo")).split("[[stages]]")[1]


def test_a_stages_own_keys_are_set_by_its_name(two: Path) -> None:
    sets = ["base.problems.limit=3", "tuned.models.policy=hf:A/B", "tuned.problems.limit=none"]
    assert stages_of(resolve(two, None, sets)) == {
        "base": (3, "hf:Qwen/Qwen2.5-Math-1.5B-Instruct"), "tuned": (24, "hf:A/B"),
    }  # fmt: skip
    with pytest.raises(UserError, match=r'did you mean "tuned\.problems\.limit"'):
        resolve(two, None, ["tuned.problems.limt=3"])
    with pytest.raises(UserError, match=r'"problems\.limit" must be at least 1'):
        resolve(two, None, ["tuned.problems.limit=0"])
    with pytest.raises(UserError, match="unknown key"):
        resolve("score-solutions", None, ["score.models.policy=hf:A/B"])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [("limt = 5", 'unknown key "limt" in [stages.problems]: did you mean "limit"'),
     ('limit = "5"', '"problems.limit" must be a whole number')],
)  # fmt: skip
def test_a_mistake_in_an_own_table_is_named_with_its_line(two: Path, wrong: str, says: str) -> None:
    two.write_text(TWO.replace("limit = 5", wrong))
    line = TWO.split("\n").index("limit = 5") + 1
    with pytest.raises(UserError) as caught:
        resolve(two)
    assert caught.value.message.startswith(f"{two}, line {line}: ")
    assert says in caught.value.message


def test_the_form_shows_own_keys_where_the_recipe_sets_them(two: Path) -> None:
    assert not [f.key for f in editable_fields(resolve("demo")) if f.key.startswith("evaluate.problems.")]
    base = resolve(two)
    fields = {field.key: field for field in editable_fields(base)}
    own = {key: field.value for key, field in fields.items() if ".problems." in key or key.startswith("tuned.models")}
    assert own == {
        "tuned.problems.limit": "5", "tuned.problems.columns.answer": "gold",
        "tuned.models.policy": f"path:{two.parent / 'adapter'}", "tuned.models.judge": "none",
    }  # fmt: skip
    assert fields["tuned.problems.limit"].label == "problems limit"
    assert "empty: the recipe's" in fields["tuned.problems.limit"].help
    edited = apply_edits(base, {"tuned.problems.limit": "", "tuned.models.policy": "hf:A/B"})
    assert stages_of(edited)["tuned"] == (24, "hf:A/B")
    assert "tuned.problems.limit" in {f.key for f in editable_fields(edited, base)}, "to be undone"
    words = shlex.split(command_line(str(two), None, base, edited))
    assert resolve(two, None, [words[i + 1] for i, word in enumerate(words) if word == "--set"]) == edited
    assert apply_edits(base, {key: field.value for key, field in fields.items()}) == base


def test_readiness_looks_at_what_the_stage_works_on(two: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tuned\.problems\.path: there is no"):
        require_complete(resolve(two, None, ["tuned.problems.path=nowhere.jsonl"]))
    with pytest.raises(UserError, match="the judge is the model under test"):
        require_complete(resolve(two, None, ["tuned.models.policy=hf:A/B", "tuned.models.judge=hf:A/B"]))
    require_complete(resolve(two, None, ["tuned.models.policy=hf:A/B", "models.judge=hf:A/B"]))
    require_complete(resolve(two, None, ["models.policy=none", "base.models.policy=hf:A/B"]))
    with pytest.raises(UserError, match="has no policy"):
        require_complete(resolve(two, None, ["base.models.policy=none"]))


def test_each_model_is_in_the_estimate_once(two: Path) -> None:
    sets = ["tuned.models.policy=hf:Qwen/Qwen2.5-Math-7B-Instruct", "hardware.batch_size=16"]
    resolved = resolve(two, None, sets)
    terms = {term.name: term for term in memory_terms(resolved.recipe, resolved.preset)}
    assert {"base policy weights", "tuned policy weights", "embedder"} <= terms.keys()
    assert terms["base policy KV cache"].why.startswith("16 rows")
    assert terms["tuned policy KV cache"].why.startswith("5 rows"), "its own limit"
    alike = resolve(two, None, ["tuned.models.policy=hf:Qwen/Qwen2.5-Math-1.5B-Instruct"])
    names = [term.name for term in memory_terms(alike.recipe, alike.preset)]
    assert names.count("policy weights") == 1
    assert not any("tuned" in name for name in names)


def test_a_run_says_whose_answers_and_which_problems_it_has(two: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path, two, ["tuned.models.policy=hf:A/B"])
    assert origin_of(run).policy == "hf:A/B", "the last stage's answers are what a later run takes up"
    fewer = make_run(tmp_path, two, ["tuned.problems.limit=3"])
    other = make_run(tmp_path, two, ["tuned.problems.source=math"])
    assert same_problems(origin_of(run), origin_of(fewer))
    assert not same_problems(origin_of(run), origin_of(other))
    assert load_recipe(run.path).stages[1].sets("models.policy")


def test_a_source_of_its_own_does_not_read_the_recipes_file(tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    file.write_text('{"question": "1+1?", "answer": "2"}\n')
    recipe = tmp_path / "two.toml"
    recipe.write_text(
        'name = "two"\ntitle = "Two"\nmodels.policy = "hf:ORG/NAME"\n'
        'problems = {source = "jsonl", path = "train.jsonl"}\n'
        '[[stages]]\nkind = "evaluate"\nname = "base"\n[[stages]]\nkind = "evaluate"\nname = "other"\n'
        'problems = {source = "embedded", limit = 3}\n'
    )
    found = resolve(str(recipe), None, ()).recipe
    base, other = (found.problems_of(stage) for stage in found.stages)
    assert (base.source, base.path) == ("jsonl", str(file))
    assert (other.source, other.path, other.limit) == ("embedded", None, 3)
