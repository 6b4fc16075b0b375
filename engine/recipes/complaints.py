"""What is wrong with a recipe, preset or `--set`, in words: the thing, its place and what was probably meant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.errors import UserError
from engine.recipes.keys import Key, section_class
from engine.recipes.places import KeyPath, Place, Places
from engine.recipes.recipe import STAGE_CLASSES, Recipe
from engine.recipes.thresholds import figures_by_stage, thresholds_of
from engine.words import did_you_mean

SHOWN = 5
"""Mistakes listed at once: as many as a person mends before looking again."""

TYPES = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text in quotes",
    "tuple": "a list in [brackets]",
    "dict": "a table",
    "model": "a table",
}
"""First word of pydantic's `int_type`, `int_parsing` ... -> what is wanted."""

BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One mistake: where (a path into the recipe's table), what, and what helps."""

    path: KeyPath
    text: str
    hint: str = ""


def complaints_of(error: ValidationError, root: type[BaseModel], section: Sequence[str] = ()) -> list[Complaint]:
    """Pydantic's errors as complaints; `section` is where in a `root` the validated table lies."""
    details = error.errors(include_url=False)
    inside = {found["loc"][:-depth] for found in details for depth in range(1, len(found["loc"]) + 1)}
    # A list whose items are wrong also counts as too short, which is no second mistake.
    real = [found for found in details if found["type"] != "too_short" or found["loc"] not in inside]
    return [_complaint(found, tuple(section), root) for found in real]


def refuse(complaints: Iterable[Complaint], place: Places, whole: str) -> UserError:
    """The error that says it all, in the order of the lines; `whole` is the file or command around it."""
    found = sorted(dict.fromkeys(complaints), key=lambda c: place(c.path).line)
    hint = next((c.hint for c in found if c.hint), "correct it, then run the same command again")
    if len(found) == 1:
        return UserError(f"{place(found[0].path)}: {found[0].text}", hint)
    lines = [f"{_inside(place(c.path), whole)}: {c.text}" for c in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"and {len(found) - SHOWN} more")
    return UserError(f"{whole} has {len(found)} mistakes:\n  " + "\n  ".join(lines), hint)


def _inside(place: Place, whole: str) -> str:
    return f"line {place.line}" if place.source == whole else str(place)


def about_thresholds(recipe: Recipe) -> list[Complaint]:
    """Thresholds that no stage of the recipe can reach: of another stage, or of a figure that it does not have."""
    there, known = figures_by_stage(recipe), {threshold.key for threshold in thresholds_of(recipe)}
    found = []
    for name in [name for name in recipe.thresholds.asked() if f"thresholds.{name}" not in known]:
        stage, _, figure = name.rpartition(".")
        figures = list(there.get(stage, dict.fromkeys(f for of_stage in there.values() for f in of_stage)))
        if stage and stage not in there:
            said = f'no stage called "{stage}" has figures{did_you_mean(stage, there)}'
            hint = f"stages: {', '.join(there)}"
        else:
            said = f'{f"the stage {stage}" if stage else "no stage"} has {"no" if stage else "the"} figure "{figure}"'
            said, hint = said + did_you_mean(figure, figures), f"figures: {', '.join(figures) or 'none'}"
        found.append(Complaint(("thresholds", name), f'threshold "{name}": {said}', hint))
    return found


def unknown_key(name: str, keys: Mapping[str, Key], path: KeyPath = ()) -> Complaint:
    """The complaint about a dotted key that `--set` or the form does not know."""
    near = did_you_mean(name, keys)
    last = name.rpartition(".")[2]
    elsewhere = [known for known in keys if known.rpartition(".")[2] == last]
    if not near and elsewhere:
        near = f': did you mean "{elsewhere[0]}"?'
    inside = [known for known in keys if known.startswith(f"{name}.")]
    if inside:
        return Complaint(path, f'"{name}" is a section, not a key', f"set one of its keys: {', '.join(inside)}")
    section = name.rpartition(".")[0]
    siblings = [known for known in keys if section and known.rpartition(".")[0] == section]
    sections = dict.fromkeys(f"{known.partition('.')[0]}." if "." in known else known for known in keys)
    hint = f"known keys: {', '.join(siblings)}" if siblings else f"keys begin with {', '.join(sections)}"
    return Complaint(path, f'unknown key "{name}"{near}', hint)


def _complaint(details: ErrorDetails, section: KeyPath, root: type[BaseModel]) -> Complaint:
    located = section + details["loc"]
    stage_kind = ""
    if located[0:1] == ("stages",) and len(located) > 2:
        stage_kind, located = str(located[2]), located[:2] + located[3:]
    kind, context = details["type"], details.get("ctx", {})
    name = _written(located)
    match kind:
        case "extra_forbidden":
            return _extra(located, section_class(located[:-1], stage_kind, root), stage_kind)
        case "missing":
            return Complaint(located, f'"{name}" is missing')
        case "literal_error":
            choices = _choices(name, located, section_class(located[:-1], stage_kind, root))
            near = did_you_mean(str(details["input"]), choices)
            hint = f"{name} is one of {', '.join(choices) or context.get('expected')}"
            return Complaint(located, f'"{name}" cannot be {_shown(details["input"])}{near}', hint)
        case "union_tag_invalid":
            kinds = STAGE_CLASSES
            near = did_you_mean(str(context.get("tag")), kinds)
            return Complaint(located, f'unknown stage kind "{context.get("tag")}"{near}', f"kinds: {', '.join(kinds)}")
        case "union_tag_not_found":
            return Complaint(located, 'the stage has no "kind"', f"kinds: {', '.join(STAGE_CLASSES)}")
        case "string_pattern_mismatch":
            wanted = "lower-case letters, digits, dots, - and _"
            return Complaint(located, f'"{name}" must be made of {wanted}, not {_shown(details["input"])}')
        case "value_error":
            said, cause = str(context["error"]), context["error"].__cause__
            hint = cause.next_step if isinstance(cause, UserError) else ""
            return Complaint(located, said if name in ("", "stages") else f"{name}: {said}", hint)
        case "tuple_type" if located == ("stages",):
            return Complaint(located, "stages must be a list: write each stage under [[stages]], in double brackets")
        case "too_short" if located == ("stages",):
            return Complaint(located, "the recipe has no stage", f"kinds: {', '.join(STAGE_CLASSES)}")
    return Complaint(located, _value_complaint(name, kind, context, details))


def _value_complaint(name: str, kind: str, context: Mapping[str, Any], details: ErrorDetails) -> str:
    given = _shown(details["input"])
    wanted = TYPES.get(kind.split("_")[0]) if kind.endswith(("_type", "_parsing", "_attributes_type")) else None
    if wanted:
        return f'"{name}" must be {wanted}, not {given}'
    bound = next((f"{BOUNDS[key]} {value}" for key, value in context.items() if key in BOUNDS), None)
    if bound:
        return f'"{name}" must be {bound}, not {given}'
    return f'"{name}": {details["msg"]} (got {given})'


def _extra(path: KeyPath, section: type[BaseModel] | None, stage_kind: str) -> Complaint:
    key = str(path[-1])
    known = list(section.model_fields) if section else []
    near = did_you_mean(key, known) or _home_of(key)
    around = _section_title(path[:-1], stage_kind)
    hint = f"known keys {around}: {', '.join(known)}" if known else ""
    return Complaint(path, f'unknown key "{key}" {around}{near}', hint)


def _home_of(key: str) -> str:
    """': it belongs in ...' where another section has this very key."""
    for name in ("problems", "models", "thresholds", "hardware"):
        section = section_class((name,))
        if section and key in section.model_fields:
            return f": it belongs in [{name}]"
    homes = [kind for kind, section in STAGE_CLASSES.items() if key in section.model_fields]
    return f': it belongs in a stage of kind "{homes[0]}"' if homes else ""


def _choices(name: str, path: KeyPath, section: type[BaseModel] | None) -> tuple[str, ...]:
    field = section.model_fields.get(str(path[-1])) if section else None
    return Key(name, path, field).choices if field else ()


def _section_title(table: KeyPath, stage_kind: str) -> str:
    if not table:
        return "at the top"
    if table[0] == "stages" and len(table) > 2:
        return f"in [stages.{_written(table)}]"
    if table[0] == "stages":
        return f'in the stage of kind "{stage_kind}"'
    return f"in [{_written(table)}]"


def _written(path: KeyPath) -> str:
    """The key as a person writes it below its header: without the number of its stage."""
    return ".".join(str(part) for part in (path[2:] if path[0:1] == ("stages",) and len(path) > 2 else path))


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
