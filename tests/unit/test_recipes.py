"""Recipes: precedence, round trips, paths, and messages that name the place of a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UserError
from engine.recipes.loading import (
    dump_recipe,
    load_recipe,
    require_complete,
    resolve,
)
from engine.recipes.places import key_lines, line_of
from engine.recipes.stages.evaluate import EvaluateSettings

MINIMAL = """
name = "mine"
title = "Mine"
[[stages]]
kind = "evaluate"
"""


def write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(*arguments: object) -> UserError:
    with pytest.raises(UserError) as caught:
        resolve(*arguments)  # type: ignore[arg-type]
    return caught.value


# Merging


def test_a_resolved_recipe_has_every_role_and_the_whole_preset() -> None:
    resolved = resolve("realign", "cuda-24gb-qlora")
    assert resolved.recipe.models.policy == resolved.preset.models.policy == "hf:Qwen/Qwen3-4B-Instruct-2507"
    assert resolved.recipe.models.judge == ""
    assert resolved.recipe.preset == "cuda-24gb-qlora"
    assert resolved.recipe.hardware["quantization"] == "nf4"
    assert resolved.recipe.hardware["batch_size"] == resolved.preset.batch_size


def test_a_model_in_the_recipe_stands_before_the_default_of_the_preset(tmp_path: Path) -> None:
    path = write(tmp_path, MINIMAL + '[models]\npolicy = "hf:ORG/NAME"\n')
    assert resolve(path, "h100-bf16").recipe.models.policy == "hf:ORG/NAME"


@pytest.mark.parametrize("nothing", ["", "none"])
def test_a_role_can_be_emptied(tmp_path: Path, nothing: str) -> None:
    path = write(tmp_path, MINIMAL + f'[models]\npolicy = "{nothing}"\n')
    assert resolve(path).recipe.models.policy == ""
    assert resolve("demo", None, [f"models.policy={nothing}"]).recipe.models.policy == ""


def test_precedence_is_file_then_preset_then_set(tmp_path: Path) -> None:
    path = write(tmp_path, 'preset = "h100-bf16"' + MINIMAL + "[hardware]\nbatch_size = 3\n")
    assert resolve(path).preset.device == "cuda"
    assert resolve(path).preset.batch_size == 3
    assert resolve(path, "cpu").preset.device == "cpu"
    assert resolve(path, "cpu").preset.batch_size == 3, "the recipe overrides single keys of any preset"
    assert resolve(path, "cpu", ["hardware.batch_size=5", "preset=mac-8gb-qlora"]).preset.batch_size == 5
    assert resolve(path, "cpu", ["preset=mac-8gb-qlora"]).preset.device == "mps"
    assert resolve(path, None, ["seed=1", "seed=2"]).recipe.seed == 2


def test_a_written_recipe_runs_the_same_without_its_preset(tmp_path: Path) -> None:
    resolved = resolve("demo", None, ["hardware.threads=1", "hardware.batch_size=2", "models.judge=hf:A/B"])
    text = dump_recipe(resolved)
    assert resolve(write(tmp_path, text)) == resolved
    gone = text.replace('preset = "cpu"', 'preset = "gone"').replace('name = "cpu"', 'name = "gone"')
    again = resolve(write(tmp_path, gone))
    assert again.preset.batch_size == 2
    assert again.recipe.models == resolved.recipe.models


def test_an_explicit_preset_replaces_the_one_a_written_recipe_holds(tmp_path: Path) -> None:
    path = write(tmp_path, dump_recipe(resolve("demo", None, ["hardware.batch_size=2"])))
    again = resolve(path, "h100-bf16", ["hardware.threads=3"])
    assert (again.preset.device, again.preset.batch_size, again.preset.threads) == ("cuda", 256, 3)
    assert again.recipe.models.policy == "embedded:smollm2-135m-instruct", "the recipe names its model"


def test_a_run_directory_is_a_recipe(tmp_path: Path) -> None:
    resolved = resolve("demo")
    write(tmp_path, dump_recipe(resolved), "recipe.toml")
    assert resolve(tmp_path) == resolved


def test_keys_without_a_value_are_left_out_of_the_file() -> None:
    text = dump_recipe(resolve("realign", None, ["problems.limit=none"]))
    assert "limit" not in text
    assert "None" not in text
    assert 'judge = "none"' in text


# Paths


def test_a_path_in_a_file_starts_from_the_files_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    text = MINIMAL + '[problems]\npath = "data/x.jsonl"\n[models]\npolicy = "path:weights"\njudge = "gguf:~/j.gguf"\n'
    recipe = resolve(write(tmp_path, text)).recipe
    assert recipe.problems.path == str(tmp_path / "data/x.jsonl")
    assert recipe.models.policy == f"path:{tmp_path / 'weights'}"
    assert recipe.models.judge == f"gguf:{Path.home() / 'j.gguf'}"


def test_a_path_of_set_starts_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    sets = ["problems.path=../data/gsm8k", "models.policy=hf:A/B+path:adapter", "models.embedder=mlx:./e"]
    recipe = resolve("demo", None, sets).recipe
    assert recipe.problems.path == str(tmp_path / "data/gsm8k")
    assert recipe.models.policy == f"hf:A/B+path:{tmp_path / 'here/adapter'}"
    assert recipe.models.embedder == f"mlx:{tmp_path / 'here/e'}"


# --set


@pytest.mark.parametrize(
    ("argument", "section", "key", "value"),
    [
        ("problems.levels=[1,2]", "problems", "levels", (1, 2)),
        ("problems.levels=1, 2", "problems", "levels", (1, 2)),
        ("problems.levels=3", "problems", "levels", (3,)),
        ("problems.levels=", "problems", "levels", ()),
        ("problems.ids=a,b-1", "problems", "ids", ("a", "b-1")),
        ('problems.subjects=["a, b"]', "problems", "subjects", ("a, b",)),
        ("problems.limit=none", "problems", "limit", None),
        ("problems.limit=1_000", "problems", "limit", 1000),
        ("problems.shuffle=true", "problems", "shuffle", True),
        ("problems.path=/2024", "problems", "path", "/2024"),
        ("thresholds.accuracy=1", "thresholds", "accuracy", 1.0),
        ("problems.columns.answer='none'", "problems", "columns", None),
    ],
)
def test_set_takes_the_type_of_its_key(argument: str, section: str, key: str, value: object) -> None:
    found = getattr(getattr(resolve("demo", None, [argument]).recipe, section), key)
    if key == "columns":
        assert found.answer == "none"
    else:
        assert found == value


def test_a_stage_is_set_by_its_name(tmp_path: Path) -> None:
    text = MINIMAL + 'name = "first"\n[[stages]]\nkind = "evaluate"\nname = "second"\n'
    stages = resolve(write(tmp_path, text), None, ["second.few_shot=3"]).recipe.stages
    assert [s.few_shot for s in stages if isinstance(s, EvaluateSettings)] == [0, 3]


def test_every_part_of_a_wrong_command_line_is_named() -> None:
    error = refused("demo", None, ["problems.limit=abc", "evaluate.top_p=7", "problems.source=gsm8", "seed=1"])
    assert 'problems.limit=abc: "problems.limit" must be a whole number, not "abc"' in error.message
    assert 'evaluate.top_p=7: "top_p" must be at most 1.0, not 7' in error.message
    assert '"gsm8": did you mean "gsm8k"?' in error.message
    assert "seed" not in error.message
    assert "gsm8k-platinum" in error.next_step


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("problem.limit=3", 'did you mean "problems.limit"'),
        ("limit=3", 'did you mean "problems.limit"'),
        ("max_new_tokens=3", 'did you mean "evaluate.max_new_tokens"'),
        ("problems=3", '"problems" is a section'),
        ("stages=3", 'unknown key "stages"'),
        ("problems.limit", "a key needs a value"),
        ("hardware.batchsize=0", 'did you mean "hardware.batch_size"'),
        ("hardware.batch_size=0", "must be at least 1, not 0"),
        ("problems.shuffle=yes", "must be true or false"),
        ("preset=cpuu", 'did you mean "cpu"'),
        ("seed=-1", "must be at least 0"),
    ],
)
def test_a_wrong_set_argument_is_explained(argument: str, says: str) -> None:
    error = refused("demo", None, [argument])
    assert error.message.startswith(f"--set {argument}: ")
    assert says in error.message
    assert error.next_step


def test_a_wrong_model_names_what_was_meant() -> None:
    error = refused("demo", None, ["models.policy=embeded:smollm2-135m-instruct"])
    assert "--set models.policy=embeded" in error.message
    assert "embedded:smollm2-135m-instruct" in error.next_step


# Files


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (MINIMAL + "max_new_token = 3\n", 6, 'unknown key "max_new_token" in the stage of kind "evaluate"'),
        (MINIMAL + "max_new_token = 3\n", 6, 'did you mean "max_new_tokens"'),
        ("limit = 3" + MINIMAL, 1, 'unknown key "limit" at the top: it belongs in [problems]'),
        (MINIMAL + "[problem]\nlimit = 3\n", 6, 'did you mean "problems"'),
        (MINIMAL + '[problems]\n\nsource = "gsm8"\n', 8, 'did you mean "gsm8k"'),
        (MINIMAL + "[problems]\nlevels = [\n 1,\n true]\n", 7, '"problems.levels.1" must be a whole number, not true'),
        (MINIMAL + '[problems]\nlimit = "3"\n', 7, 'must be a whole number, not "3"'),
        (MINIMAL + "[problems]\nlimit = 2.0\n", 7, "must be a whole number, not 2.0"),
        (MINIMAL + "few_shot = 9\n", 6, '"few_shot" must be at most 8, not 9'),
        (MINIMAL + '[[stages]]\nkind = "reprt"\n', 6, 'unknown stage kind "reprt": did you mean "report"'),
        (MINIMAL + "[[stages]]\nheat_maps = 1\n", 6, 'the stage has no "kind"'),
        (MINIMAL + '[[stages]]\nkind = "evaluate"\n', 4, 'two things are called "evaluate"'),
        (MINIMAL + 'name = "problems"\n', 4, 'two things are called "problems"'),
        (MINIMAL + 'name = "../up"\n', 6, "must be made of"),
        ('title = "x"\n[[stages]]\nkind = "report"\n', 1, '"name" is missing'),
        ('name = "x"\ntitle = "x"\nstages = []\n', 3, "the recipe has no stage"),
        ('name = "x"\ntitle = "x"\n[stages]\nkind = "report"\n', 3, "double brackets"),
        (
            MINIMAL + "[hardware]\nbatchsize = 3\n",
            7,
            'unknown key "batchsize" in [hardware]: did you mean "batch_size"',
        ),
        (MINIMAL + '[hardware]\ndtype = "bf16"\n', 7, '"hardware.dtype" cannot be "bf16"'),
        (MINIMAL + '[hardware.models]\npolicy = "gpt"\n', 7, "The model 'gpt' is not known"),
        ('preset = "cpuu"' + MINIMAL, 1, 'no preset is called "cpuu": did you mean "cpu"'),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = write(tmp_path, text)
    error = refused(path)
    assert error.message.startswith(f"{path}, line {line}: "), error.message
    assert says in error.message
    assert error.next_step


def test_mistakes_of_a_file_are_listed_together_in_order(tmp_path: Path) -> None:
    path = write(tmp_path, MINIMAL + "few_shot = 9\nmax_new_token = 3\n[problems]\nsplt = 1\n")
    message = refused(path).message
    assert message.startswith(f"{path} has 3 mistakes:")
    assert message.index("line 6:") < message.index("line 7:") < message.index("line 9:")


def test_a_broken_file_is_named_with_line_and_column(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "x"\ntitle = "x\n')
    assert f"{path}, line 2, column 11: not valid TOML" in refused(path).message


def test_missing_foreign_and_unknown_recipes_are_told_apart(tmp_path: Path) -> None:
    assert 'did you mean "demo"' in refused("dem").message
    assert "demo, realign, regrade, score-solutions" in refused("dem").next_step
    assert "there is no recipe file" in refused(tmp_path / "no.toml").message
    (tmp_path / "b.toml").write_bytes(b"name = '\xff'")
    assert "not UTF-8" in refused(tmp_path / "b.toml").message
    assert "--preset cpx" in refused("demo", "cpx").message
    assert "there is no preset file" in refused("demo", "my/preset.toml").message


def test_a_preset_file_of_ones_own_is_taken_and_its_mistakes_named(tmp_path: Path) -> None:
    good = write(tmp_path, 'name = "own"\ntitle = "Own"\nbatch_size = 2\n', "own.toml")
    assert resolve("realign", str(good)).preset.batch_size == 2
    bad = write(tmp_path, 'name = "own"\ntitle = "Own"\nbatchsize = 2\n', "bad.toml")
    message = refused("realign", str(bad)).message
    assert message.startswith(f'{bad}, line 3: unknown key "batchsize" at the top: did you mean "batch_size"')


# Ready to start


def test_what_a_recipe_still_lacks_is_asked_for_before_a_launch(tmp_path: Path) -> None:
    for arguments, says in [
        (("score-solutions",), "needs a file of problems"),
        (("demo", None, ["models.policy=none"]), "no policy model"),
        (("demo", None, ["models.embedder=none"]), "no embedder"),
        (("score-solutions", None, [f"problems.path={tmp_path / 'x.jsonl'}"]), "there is no"),
    ]:
        with pytest.raises(UserError, match=says):
            require_complete(resolve(*arguments))  # type: ignore[arg-type]
    require_complete(resolve("score-solutions", None, [f"problems.path={write(tmp_path, '', 'y.jsonl')}"]))
    require_complete(resolve("demo"))


# Places


def test_lines_are_found_through_strings_comments_and_arrays_of_tables() -> None:
    text = (
        '# [no]\nname = "[x]" # y = 1\nhw.a = 1\ntext = """\nlimit = 3\n[foo]\n"""\n'
        "[problems]\nlevels = [\n  1, # ]\n]\n"
        '"q.k" = {a = 1}\n[[stages]]\nkind = "a"\n[stages.opt]\nz = 1\n[[stages]]\nkind = "b"\n'
    )
    lines = key_lines(text)
    assert lines[("hw", "a")] == 3
    assert lines[("problems",)] == 8
    assert lines[("problems", "q.k", "a")] == 12
    assert lines[("stages", 0, "opt", "z")] == 16
    assert lines[("stages", 1, "kind")] == 18
    assert ("foo",) not in lines
    assert ("limit",) not in lines
    assert line_of(text, ("problems", "levels", 0)) == 9
    assert line_of(text, ("stages", 1, "nothing")) == 17
    assert line_of(text, ("nothing",)) == 1


def test_packaged_recipes_load_by_name() -> None:
    assert load_recipe("demo").problems.limit == 24
