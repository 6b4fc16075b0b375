"""Whether a recipe can start: asked just before a launch, so that no run is made that could only fail."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.compare.origin import origin_of
from engine.errors import UserError
from engine.recipes.complaints import did_you_mean
from engine.recipes.judging import own_judge
from engine.recipes.merging import Resolved
from engine.recipes.settings import (
    USUAL_COLUMNS,
    EvaluateSettings,
    ProblemSettings,
    Recipe,
    RegradeSettings,
    StageSettings,
    ValidateSettings,
)
from engine.runs.directory import list_runs
from engine.runs.earlier import EarlierRun, newest_graded, open_earlier

ROWS_LOOKED_AT = 100
"""Rows of a file of problems in which its columns are looked for: as many as the stage itself settles them by."""
ROW_CHARACTERS = 1 << 20
"""A longer line is left to the stage: a look before the launch must cost nothing."""
COLUMNS_NAMED = 12
CLOSE = 0.75
"""How alike a folder's name is that was probably meant: names are short, and chance alone makes them half alike."""
LABELLED_SETS = {
    "GSM8K": ("gsm8k/example_model_solutions.jsonl",),
    "ProcessBench": ("processbench/gsm8k.jsonl", "gsm8k/test.jsonl"),
    "CHAMP": ("champ/fws_annotations.jsonl",),
}
"""The sets of labelled chains that a validation measures on, with their files."""


def require_complete(resolved: Resolved, runs_dir: Path = Path("runs")) -> Resolved:
    """The recipe with its earlier run, if it names one, as a folder, and the policy of that run as its own: whose
    answers they are must not depend on what else is kept.

    Raises UserError where the recipe cannot start for want of a model, a file or a run. `runs_dir` is where runs lie.
    """
    recipe = resolved.recipe
    kinds = {stage.kind for stage in recipe.stages}
    if "evaluate" in kinds and not recipe.models.policy:
        raise UserError(f"{recipe.name} has no policy model", "name one: --set models.policy=hf:ORG/NAME")
    if not recipe.models.embedder and any(map(_embeds, recipe.stages)):
        raise UserError(
            f"{recipe.name} has no embedder, which compares the steps",
            "name one: --set models.embedder=embedded:all-minilm-l6-v2",
        )
    _require_problems(recipe)
    if "score" in kinds:
        _require_solutions(recipe.problems)
    for stage in recipe.stages:
        if isinstance(stage, ValidateSettings):
            require_data(stage)
    earlier = _earlier_run(recipe, runs_dir) if "regrade" in kinds else None
    _refuse_own_judge(recipe, earlier)
    if earlier is None:
        return resolved
    update: dict[str, Any] = {"run": str(earlier.run.path)}
    if "evaluate" not in kinds:
        update["models"] = recipe.models.model_copy(update={"policy": origin_of(earlier.run).policy})
    return replace(resolved, recipe=recipe.model_copy(update=update))


def _embeds(stage: StageSettings) -> bool:
    """Whether the stage loads the embedder."""
    return "models.embedder" in stage.uses and (not isinstance(stage, RegradeSettings) or stage.realign)


def _require_problems(recipe: Recipe) -> None:
    problems = recipe.problems
    if not any("problems" in stage.uses for stage in recipe.stages):
        return
    if problems.source == "jsonl" and problems.path is None:
        raise UserError(f"{recipe.name} needs a file of problems", "name it: --set problems.path=FILE.jsonl")
    if problems.path is not None and not os.path.exists(problems.path):
        raise UserError(f"problems.path: there is no {problems.path}", "correct it: --set problems.path=FILE_OR_FOLDER")


def require_data(stage: ValidateSettings) -> None:
    """Raises UserError where the named folder of labelled chains is none, or holds none of the sets; one that lacks
    some of them is for the table."""
    if stage.data is None:
        return
    helps = (
        f"name the folder that holds gsm8k/, processbench/ and champ/ (or some of them): --set {stage.name}.data=DIR, "
        "or leave it out to measure algebra and edits only"
    )
    if os.path.isdir(stage.data):
        if len(missing_sets(stage.data)) == len(LABELLED_SETS):
            raise UserError(f"{stage.name}.data: {stage.data} holds none of the labelled sets", helps)
        return
    what = "is a file, not a folder" if os.path.exists(stage.data) else "is not there"
    above = Path(stage.data).parent
    beside = [name for name in sorted(os.listdir(above)) if (above / name).is_dir()] if above.is_dir() else []
    meant = difflib.get_close_matches(Path(stage.data).name, beside, n=1, cutoff=CLOSE)  # all share what lies above
    near = f': did you mean "{above / meant[0]}"?' if meant else ""
    raise UserError(f"{stage.name}.data: {stage.data} {what}{near}", helps)


def missing_sets(data: str) -> dict[str, list[str]]:
    """The labelled sets that the folder does not hold whole, with the files that are not there."""
    absent = {name: [f for f in files if not (Path(data) / f).is_file()] for name, files in LABELLED_SETS.items()}
    return {name: files for name, files in absent.items() if files}


# -- the file of solutions


def _require_solutions(problems: ProblemSettings) -> None:
    """Raises UserError where the file certainly has no column of solutions; other doubts are the stage's."""
    rows = list(_first_rows(problems.path)) if problems.path else []
    named = problems.columns.solution
    wanted = (named,) if named else USUAL_COLUMNS["solution"]
    if not rows or any(_holds(row, column) for row in rows for column in wanted):
        return
    known = _columns(rows)
    said = f'has no column "{named}"' if named else f"has no column of solutions: none is named {' or '.join(wanted)}"
    # Nested columns of solutions are easily overlooked, so they are offered first.
    likely = sorted(known, key=lambda column: (not column.endswith("solution"), known.index(column)))
    more = f" and {len(likely) - COLUMNS_NAMED} more" if len(likely) > COLUMNS_NAMED else ""
    raise UserError(
        f"{problems.path} {said}{did_you_mean(named, known) if named else ''}",
        "name the column that holds the solutions to score: --set problems.columns.solution=COLUMN; there are "
        f"{', '.join(likely[:COLUMNS_NAMED])}{more}",
    )


def _first_rows(path: str) -> Iterator[Mapping[str, Any]]:
    """The first rows of a plain file with one JSON object a line; none where it is anything else."""
    if not path.endswith(".jsonl") or not os.path.isfile(path):
        return
    try:
        with open(path, encoding="utf-8") as file:
            for line in (file.readline(ROW_CHARACTERS) for _ in range(ROWS_LOOKED_AT)):
                row = json.loads(line) if line.strip() else None
                if isinstance(row, dict):
                    yield row
    except (OSError, ValueError, RecursionError):
        return


def _holds(row: Mapping[str, Any], column: str) -> bool:
    """Whether the row has something in the column, `a.b` being column b within column a."""
    if row.get(column) is not None:
        return True
    first, dot, rest = column.partition(".")
    inner = row.get(first)
    return bool(dot) and isinstance(inner, Mapping) and _holds(inner, rest)


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """All columns with those one level inside, in the order they appear."""
    found: dict[str, None] = {}
    for row in rows:
        for name, value in row.items():
            inside = [f"{name}.{inner}" for inner in value] if isinstance(value, Mapping) else []
            found.update(dict.fromkeys((name, *inside)))
    return list(found)


# -- the earlier run and the judge


def _earlier_run(recipe: Recipe, runs_dir: Path) -> EarlierRun:
    """The run that `run` names; what was meant where there is none."""
    if not recipe.run:
        raise UserError(f"{recipe.name} needs a run to work on: --set run=RUN", newest_graded(runs_dir))
    try:
        return open_earlier(runs_dir, recipe.run)
    except UserError as error:
        meant = did_you_mean(recipe.run, [run.id for run in list_runs(runs_dir)])
        hint = newest_graded(runs_dir) if error.message.startswith("no run") else error.next_step
        raise UserError(f"run={recipe.run}: {error.message}{meant}", hint) from error


def _refuse_own_judge(recipe: Recipe, earlier: EarlierRun | None) -> None:
    """A judge that is named like the model under test is refused here; one of the same weights when it is loaded."""
    for stage in recipe.stages:
        if not isinstance(stage, EvaluateSettings | RegradeSettings) or stage.judge_may_be_policy:
            continue
        tested = recipe.models.policy if stage.kind == "evaluate" else earlier and origin_of(earlier.run).policy
        if recipe.models.judge and recipe.models.judge == tested:
            raise own_judge(recipe.models.judge, stage.name)
