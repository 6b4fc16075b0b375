"""Where the items of a run come from: through regrades to the run that made the answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.compare.origin import Origin, origin_of, same_problems
from engine.recipes.loading import require_complete, resolve
from engine.runs.directory import RunDirectory, create_run
from engine.runs.files import write_json_atomic
from engine.runs.results import encode_row
from tests.row_table import make_body
from tests.run_driver import make_run

SAMPLED = ["evaluate.samples=4", "evaluate.temperature=0.7"]


def evaluated(folder: Path, sets: Sequence[str] = (), recipe: str = "demo") -> RunDirectory:
    run = make_run(folder, recipe, list(sets))
    run.stage("evaluate").mkdir()
    run.results("evaluate").write_text(encode_row(make_body()) + "\n")
    return run


def regraded(folder: Path, source: RunDirectory) -> RunDirectory:
    """A run of the recipe regrade on `source`, as it is made before its worker starts."""
    complete = require_complete(resolve("regrade", None, [f"run={source.id}"]), folder)
    run = create_run(folder, "regrade", "cpu", "", complete.recipe.model_dump(mode="json"), ["test"])
    run.stage("regrade").mkdir()
    run.results("regrade").write_text(encode_row(make_body()) + "\n")
    return run


def test_a_regrade_of_a_regrade_holds_the_answers_of_the_first_run(tmp_path: Path) -> None:
    source = evaluated(tmp_path, ["models.policy=hf:ORG/NAME"])
    twice = regraded(tmp_path, regraded(tmp_path, source))
    assert origin_of(twice) == origin_of(source)
    assert origin_of(twice).policy == "hf:ORG/NAME"
    assert same_problems(origin_of(source), origin_of(twice))


def test_the_model_is_known_when_the_first_run_is_deleted(tmp_path: Path) -> None:
    source = evaluated(tmp_path, ["models.policy=hf:ORG/NAME"])
    run, other = regraded(tmp_path, source), regraded(tmp_path, source)
    source.path.rename(tmp_path / ".gone")
    assert origin_of(run).policy == "hf:ORG/NAME"
    assert same_problems(origin_of(run), origin_of(other))


def test_a_regrade_that_did_not_write_the_model_down_takes_it_from_its_source(tmp_path: Path) -> None:
    run = regraded(tmp_path, evaluated(tmp_path, ["models.policy=hf:ORG/NAME"]))
    file = run.path / "config_resolved.json"
    config = json.loads(file.read_text())
    write_json_atomic(file, config | {"models": {"policy": ""}})
    assert origin_of(run).policy == "hf:ORG/NAME"


def test_runs_that_name_each_other_end(tmp_path: Path) -> None:
    run = regraded(tmp_path, evaluated(tmp_path))
    file = run.path / "config_resolved.json"
    config = json.loads(file.read_text())
    write_json_atomic(file, config | {"run": str(run.path)})
    assert origin_of(run).settings == {}


@pytest.mark.parametrize(
    ("sets", "same"),
    [
        ((), True),
        (("problems.limit=6",), True),
        (("models.policy=hf:ORG/NAME", "evaluate.few_shot=0"), True),
        (("seed=7",), False),
        (("problems.levels=3",), False),
        (SAMPLED, False),
    ],
)
def test_the_same_problems_are_the_same_choice_with_as_many_samples(
    tmp_path: Path, sets: Sequence[str], same: bool
) -> None:
    one, two = evaluated(tmp_path), evaluated(tmp_path, sets)
    assert same_problems(origin_of(one), origin_of(two)) is same
    assert same_problems(origin_of(one), origin_of(regraded(tmp_path, two))) is same
    assert same_problems(origin_of(two), origin_of(regraded(tmp_path, two)))


def test_each_stage_has_the_policy_that_it_names_for_itself() -> None:
    settings = {
        "models.policy": "hf:a/base", "base.kind": "evaluate", "tuned.kind": "evaluate",
        "tuned.models.policy": "hf:a/tuned", "report.kind": "report",
    }  # fmt: skip
    origin = Origin("run", settings)
    assert [origin.policy_of(stage) for stage in ("base", "tuned", "")] == ["hf:a/base", "hf:a/tuned", "hf:a/tuned"]
