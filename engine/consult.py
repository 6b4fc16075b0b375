"""How front ends ask the engine a question without importing it: `python -m engine.consult QUESTION`.

One JSON object on stdout, always:

    hardware                      {"hardware": {...}}
    estimate < question.json      {"hardware": {...}, "estimates": {PRESET: {...}}}
                                  question: {"recipe": Recipe, "presets": [HardwarePreset, ...], "hardware": optional}
    doctor                        {"hardware": {...}, "checks": [{"name", "ok", "found", "next_step"}, ...]}
    figure < question.json        {"files": [...]}: the heat map of one item, as PNG and PDF
                                  question: {"results": FILE, "offset": BYTES, "directory": DIR, "name": NAME}

Errors are {"error": ..., "next_step": ...} with the exit codes of `engine.errors`; a preset that cannot be estimated
has such an object in the place of its estimate. Only `figure` imports numpy, nothing torch or transformers: it answers
while a form is being typed in.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from engine.errors import MathReasonError, UserError
from engine.machine.hardware import Hardware, probe

if TYPE_CHECKING:
    from engine.recipes.preset import HardwarePreset
    from engine.recipes.recipe import Recipe

Answer = dict[str, Any]
HOW = 'send {"recipe": {...}, "presets": [{...}, ...]}'


def hardware(question: str) -> Answer:
    """What this machine has."""
    return {"hardware": probe().as_json()}


def estimate(question: str) -> Answer:
    """The memory estimate of the question's recipe on each of its presets, by the presets' names."""
    from engine.recipes.preset import HardwarePreset  # a fifth of a second that `hardware` does not need
    from engine.recipes.recipe import Recipe

    asked = _object(question)
    try:
        recipe = Recipe.model_validate(asked["recipe"])
        presets = [HardwarePreset.model_validate(preset) for preset in asked["presets"]]
        machine = Hardware.from_json(asked["hardware"]) if asked.get("hardware") else probe()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError(f"the question's {error.title} is wrong at {place}: {first['msg']}", HOW) from error
    except (KeyError, TypeError) as error:
        raise UserError(f"the question lacks something: {error}", HOW) from error
    return {
        "hardware": machine.as_json(),
        "estimates": {preset.name: _estimate_one(recipe, preset, machine) for preset in presets},
    }


def _estimate_one(recipe: Recipe, preset: HardwarePreset, machine: Hardware) -> Answer:
    from engine.machine.memory import estimate as estimate_memory

    try:
        return estimate_memory(recipe, preset, machine).as_json()
    except MathReasonError as error:
        return failure(error)


def doctor(question: str) -> Answer:
    """Every check of `engine.doctor`."""
    from engine.doctor import diagnose

    machine = probe()
    return {"hardware": machine.as_json(), "checks": [check.as_json() for check in diagnose(machine)]}


def figure(question: str) -> Answer:
    """Draw one item's heat map, as a report does."""
    from engine.reports import heat_map
    from engine.reports.chart_style import FORMATS, chart_style, save_figure
    from engine.rows.graded import GradedRow
    from engine.runs.results import read_row

    asked = _object(question)
    try:
        results, offset = Path(asked["results"]), int(asked["offset"])
        directory, name = Path(asked["directory"]), str(asked["name"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"the question lacks something: {error}", "send results, offset, directory, name") from error
    body = read_row(results, offset)
    place = f"the row at byte {offset} of {results}"
    if body is None:
        raise UserError(f"cannot draw {place}: there is no row", "score the run again")
    try:
        row = GradedRow.from_json(body)
    except ValueError as error:
        raise UserError(f"cannot draw {place}: {error}", "score the run again") from error
    if not row.has_matrix:
        raise UserError(f"item {row.id} has no matrix to draw", "choose an item with a gold solution")
    with chart_style():
        save_figure(heat_map.draw(row), directory, name)
    return {"files": [str(directory / f"{name}.{kind}") for kind in FORMATS]}


QUESTIONS: Mapping[str, Callable[[str], Answer]] = {
    "hardware": hardware, "estimate": estimate, "doctor": doctor, "figure": figure,
}  # fmt: skip
WITH_QUESTION = ("estimate", "figure")
"""Those that read stdin."""


def failure(error: MathReasonError) -> Answer:
    """An error as a front end gets it."""
    return {"error": error.message, "next_step": error.next_step}


def main(arguments: Sequence[str]) -> int:
    """Answer the one question named on the command line; returns the exit code."""
    try:
        if len(arguments) != 1 or arguments[0] not in QUESTIONS:
            raise UserError(f"no question {' '.join(arguments)!r}", f"ask one of {', '.join(QUESTIONS)}")
        answer = QUESTIONS[arguments[0]](sys.stdin.read() if arguments[0] in WITH_QUESTION else "")
        code = 0
    except MathReasonError as error:
        answer, code = failure(error), error.exit_code
    print(json.dumps(answer))  # ASCII, whatever the locale
    return code


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UserError(f"the question is no JSON: {error}", HOW) from error
    if not isinstance(value, dict):
        raise UserError("the question is no JSON object", HOW)
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
