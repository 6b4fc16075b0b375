"""The tables that recipes are made of: models by role, problems and their columns, thresholds.

Every key of a recipe file is a field of a section, with its unit and meaning; unknown keys are refused
(`engine.recipes.complaints` turns pydantic's words into file, key, line and "did you mean"). The descriptions are what
the form of the terminal shows beside a field.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Optional, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, create_model, model_validator

from engine.errors import UserError
from engine.recipes.model_reference import ModelRef, parse_model_ref

NO_MODEL = "none"
"""How a file says that a role stays empty; in memory that is "", so that `if models.judge` asks the right thing."""

FOLDER = "folder"
"""Key of the validation context: the folder that relative paths of the validated text start from."""


def _absolute(text: str, info: ValidationInfo) -> str:
    folder = info.context.get(FOLDER) if isinstance(info.context, dict) else None
    if folder is None or not text:
        return text
    return os.path.abspath(os.path.join(folder, os.path.expanduser(text)))


def _model_text(text: str, info: ValidationInfo) -> str:
    """A ModelRef string, checked, with absolute files; "" for the spellings of "no model"."""
    if text.strip() in ("", NO_MODEL):
        return ""
    try:
        return str(_rooted(parse_model_ref(text), info))
    except UserError as error:
        raise ValueError(error.message) from error  # `complaints` finds the next step in the cause


def _rooted(ref: ModelRef, info: ValidationInfo) -> ModelRef:
    """The reference with absolute files: the worker may stand in another folder than the user."""
    is_file = ref.kind in ("path", "gguf") or (ref.kind == "mlx" and ref.target.startswith(("./", "../", "~")))
    target = _absolute(ref.target, info) if is_file else ref.target
    return replace(ref, target=target, adapter=_rooted(ref.adapter, info) if ref.adapter else None)


FilePath = Annotated[str, AfterValidator(_absolute)]
ModelText = Annotated[str, AfterValidator(_model_text)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)]
"""Becomes part of a folder's name."""


class Section(BaseModel):
    """A frozen table of settings that refuses unknown keys. `goes_with` names, for a key, those that mean something
    beside its value only."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    goes_with: ClassVar[Mapping[str, tuple[str, ...]]] = {}


S = TypeVar("S", bound=Section)


class UsualModels(Section):
    """The roles that a preset gives a default; ModelRef strings, as in ModelRoles."""

    policy: ModelText | None = Field(default=None, description="The model that solves the problems, e.g. hf:ORG/NAME")
    embedder: ModelText | None = Field(default=None, description="The sentence embedder that compares steps")
    judge: ModelText | None = Field(
        default=None, description="A second grader for answers the symbolic one cannot settle; none: symbolic only"
    )


class ModelRoles(UsualModels):
    """Which model plays which role, as ModelRef strings; None leaves it to the preset, "" or "none" means no model.
    No preset fills the roles that only some stages have."""

    reference: ModelText = Field(
        default="", description="The model that training is not to move far from; empty: the policy as it began"
    )
    prm: ModelText = Field(default="", description="The process reward model that scores single steps")
    safeguard: ModelText = Field(default="", description="The model that says whether a response is safe")


class ColumnNames(Section):
    """Which columns of a JSONL hold what; None tries the usual names (question/problem, answer, solution, ...)."""

    id: str | None = Field(default=None, description="Column of a jsonl with the item's id; empty: its line number")
    question: str | None = Field(default=None, description="Column of a jsonl with the question; empty: usual names")
    answer: str | None = Field(default=None, description="Column of a jsonl with the gold answer; empty: usual names")
    solution: str | None = Field(default=None, description="Column of a jsonl with the solution to score")
    gold_solution: str | None = Field(default=None, description="Column of a jsonl with the gold reasoning")
    subject: str | None = Field(default=None, description="Column of a jsonl with the subject")
    level: str | None = Field(default=None, description="Column of a jsonl with the level")


SourceName = Literal["embedded", "gsm8k", "gsm8k-platinum", "math", "math-500", "math-hard", "jsonl"]


class ProblemSettings(Section):
    """Which problems: a named source, from a hub by name or from `path` (file or folder)."""

    goes_with: ClassVar[Mapping[str, tuple[str, ...]]] = {"source": ("path", "columns")}
    source: SourceName = Field(default="embedded", description="embedded: the generator; jsonl: your file; else a set")
    path: FilePath | None = Field(default=None, description="File or folder to read from; empty: the hub, by name")
    split: Literal["train", "test"] = Field(default="test", description="Which part of the set")
    limit: int | None = Field(default=None, ge=1, description="How many problems; empty: all of them")
    ids: tuple[str, ...] = Field(default=(), description="Only these ids, comma-separated")
    levels: tuple[int, ...] = Field(default=(), description="Only these levels, e.g. 1,2; empty: all")
    subjects: tuple[str, ...] = Field(default=(), description="Only these subjects, comma-separated; empty: all")
    shuffle: bool = Field(default=False, description="Take them in an order drawn from the seed")
    columns: ColumnNames = ColumnNames()
    on_bad_row: Literal["error", "skip"] = Field(default="error", description="What a broken row of a file does")


def own_section(section: type[Section]) -> type[Section]:
    """The same table as a stage's own: a key that is not set there is the recipe's."""
    fields: dict[str, Any] = {}
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            fields[name] = (field.annotation, field)
            continue
        text = f"{(field.description or '').partition('; empty:')[0]}; empty: the recipe's"
        plain = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        fields[name] = (Optional[plain], Field(default=None, description=text))  # noqa: UP045
    own: type[Section] = create_model(f"Own{section.__name__}", __base__=Section, __doc__=section.__doc__, **fields)
    return own


if TYPE_CHECKING:
    OwnProblems = ProblemSettings
    OwnModels = ModelRoles
else:
    OwnProblems = own_section(ProblemSettings)
    OwnModels = own_section(ModelRoles)


def overlaid(shared: S, own: Section | None) -> S:
    """The shared section with the keys that are set in a stage's own one. What goes with a key (`goes_with`) does not
    outlive another value of it."""
    given = own.model_dump(exclude_none=True) if own else {}
    if not given:
        return shared
    kept = shared.model_dump()
    for key, others in type(shared).goes_with.items():
        if given.get(key, kept[key]) != kept[key]:
            kept = {name: value for name, value in kept.items() if name not in others}
    return type(shared).model_validate(overlay(kept, given))


def overlay(table: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`table` with the values of `over` laid over it, table by table."""
    merged = dict(table)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = overlay(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return merged


Least = Annotated[float | None, Field(ge=0.0, le=1.0, description="Share to reach, else exit code 4; empty: none")]


class Thresholds(Section):
    """Figures that must be reached, else exit code 4; shares in [0, 1]. A figure is named by its stage
    (`"tuned.accuracy"`); a bare name means the last stage that has it."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Least] = Field(init=False)

    accuracy: float | None = Field(
        default=None, ge=0.0, le=1.0, description="Share of right answers to reach, else exit code 4; empty: none"
    )

    @model_validator(mode="before")
    @classmethod
    def _named_by_stage(cls, table: Any) -> Any:
        """`tuned.accuracy = 0.3` is the same with and without quotes around the name."""
        if not isinstance(table, Mapping):
            return table
        return {name: value for key, inner in table.items() for name, value in _flat(str(key), inner)}

    def asked(self) -> dict[str, float]:
        """Name -> share, of those that are set."""
        return {name: least for name, least in self.model_dump().items() if least is not None}


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    else:
        yield name, value
