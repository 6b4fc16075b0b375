"""What a user may ask for: Recipe, its sections and stages, and HardwarePreset, as pydantic models.

Every key of a recipe or preset file is a field here, with its unit and meaning; unknown keys are refused
(`engine.recipes.loading` turns pydantic's complaint into file, key, line and "did you mean"). The descriptions are
what the form of the terminal shows beside a field.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from engine.errors import UserError
from engine.recipes.model_reference import ModelRef, parse_model_ref

DEFAULT_SEED = 42

NO_MODEL = "none"
"""How a file says that a role stays empty; in memory that is "", so that `if models.judge` asks the right thing."""

RESERVED_STAGE_NAMES = frozenset({"control"})
"""Folders of a run directory that are not a stage's."""

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
    """A frozen table of settings that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class UsualModels(Section):
    """The roles that a preset gives a default; ModelRef strings, as in ModelRoles."""

    policy: ModelText | None = Field(default=None, description="The model that solves the problems, e.g. hf:ORG/NAME")
    embedder: ModelText | None = Field(default=None, description="The sentence embedder that compares steps")
    judge: ModelText | None = Field(
        default=None, description="A second grader for answers the symbolic one cannot settle; none: symbolic only"
    )


class ModelRoles(UsualModels):
    """Which model plays which role, as ModelRef strings; None leaves it to the preset, "" or "none" means no model."""

    reference: ModelText | None = Field(
        default=None, description="The model that training is not to move far from; empty: the policy as it began"
    )
    prm: ModelText | None = Field(default=None, description="The process reward model that scores single steps")
    safeguard: ModelText | None = Field(default=None, description="The model that says whether a response is safe")


USUAL_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "question": ("question", "problem", "prompt"),
    "answer": ("answer", "final_answer", "target", "ground_truth"),
    "solution": ("solution", "student_solution"),
    "gold_solution": ("gold_solution", "reference_solution"),
    "id": ("id", "unique_id", "problem_id"),
    "subject": ("subject", "type"),
    "level": ("level", "difficulty"),
}
"""The names that are tried where the settings name no column, best first."""


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


GRADING = ("models.embedder", "models.judge", "thresholds", "hardware")
"""What every stage uses that makes graded items."""


class StageSection(Section):
    """The settings of one stage. `uses` names what it reads of the rest of the recipe, as keys or sections: nothing
    else is offered for change."""

    uses: ClassVar[tuple[str, ...]] = ()


JUDGE_MAY_BE_POLICY = "Let the model under test judge its own answers, which flatters it"


class EvaluateSettings(StageSection):
    """Generate one greedy (or some sampled) solutions a problem, grade them, align them with the gold solution."""

    uses: ClassVar[tuple[str, ...]] = ("models.policy", "problems", *GRADING)
    kind: Literal["evaluate"] = "evaluate"
    name: Name = "evaluate"
    few_shot: int = Field(default=0, ge=0, le=8, description="Worked examples before each question, 0 to 8")
    max_new_tokens: int = Field(default=256, ge=1, le=32768, description="Longest solution, in tokens; then cut off")
    temperature: float = Field(default=0.0, ge=0.0, le=5.0, description="0: greedy, else sampling with the seed")
    top_p: float = Field(default=1.0, gt=0.0, le=1.0, description="Sample from the likeliest tokens of this mass")
    samples: int = Field(
        default=1, ge=1, le=1024, description="Solutions a problem (pass@k, maj@k); above 1 needs a temperature"
    )
    batch_size: int | None = Field(default=None, ge=1, le=4096, description="Rows at once; empty: the preset's")
    variant: Literal["coverage", "published"] = Field(
        default="coverage", description="Score behind the quadrants: coverage-aware, or as published"
    )
    threshold: float | None = Field(
        default=None, ge=0.0, le=1.0, description="Score from which reasoning counts as good; empty: the variant's"
    )
    judge_may_be_policy: bool = Field(default=False, description=JUDGE_MAY_BE_POLICY)

    @field_validator("samples")
    @classmethod
    def _samples_differ(cls, samples: int, info: ValidationInfo) -> int:
        if samples > 1 and info.data.get("temperature") == 0.0:
            said = f"{samples} solutions a problem need a temperature above 0: greedy ones would all be the same"
            raise ValueError(said) from UserError(said, "--set evaluate.temperature=0.7, or samples = 1")
        return samples


class ScoreSettings(StageSection):
    """Grade and align the solutions that the problems' file brings (column `solution`); no policy model."""

    uses: ClassVar[tuple[str, ...]] = ("problems", *GRADING)
    kind: Literal["score"] = "score"
    name: Name = "score"
    variant: Literal["coverage", "published"] = Field(
        default="coverage", description="Score behind the quadrants: coverage-aware, or as published"
    )
    threshold: float | None = Field(
        default=None, ge=0.0, le=1.0, description="Score from which reasoning counts as good; empty: the variant's"
    )


class RegradeSettings(StageSection):
    """Grade the solutions of an earlier run again (`run`, at the top of the recipe); nothing is generated."""

    uses: ClassVar[tuple[str, ...]] = ("run", *GRADING)
    kind: Literal["regrade"] = "regrade"
    name: Name = "regrade"
    realign: bool = Field(default=False, description="Align again what an aligner of another version has aligned")
    threshold: float | None = Field(
        default=None, ge=0.0, le=1.0, description="Score from which reasoning counts as good; empty: as it was"
    )
    judge_may_be_policy: bool = Field(default=False, description=JUDGE_MAY_BE_POLICY)


class ReportSettings(StageSection):
    """Write realign_benchmark_results.jsonl, summary.csv, figures, report.md, report.tex and table.tex."""

    kind: Literal["report"] = "report"
    name: Name = "report"
    heat_maps: int = Field(default=6, ge=0, le=1000, description="How many items get a heat map of their own")
    figures: bool = Field(default=True, description="Draw the figures (PNG and PDF)")


class ValidateSettings(StageSection):
    """Measure how far the alignment scores can be trusted with the run's embedder; needs no problems and no policy."""

    uses: ClassVar[tuple[str, ...]] = (
        "models.embedder", "hardware.device", "hardware.threads", "hardware.models.embedder",
    )  # fmt: skip
    kind: Literal["validate"] = "validate"
    name: Name = "validate"
    data: FilePath | None = Field(
        default=None, description="Folder with labelled chains; empty: algebra and edits only"
    )
    sample: int | None = Field(default=None, ge=2, description="GSM8K questions, four solutions each; empty: all")
    problems: int = Field(default=60, ge=2, le=10_000, description="Generated problems whose gold chains are edited")


StageSettings = Annotated[
    EvaluateSettings | ScoreSettings | RegradeSettings | ReportSettings | ValidateSettings, Field(discriminator="kind")
]


class Thresholds(Section):
    """Figures that must be reached, else exit code 4. `accuracy` is a share in [0, 1]."""

    accuracy: float | None = Field(
        default=None, ge=0.0, le=1.0, description="Share of right answers to reach, else exit code 4; empty: none"
    )


class HardwarePreset(Section):
    """Where and how a recipe runs; each role's default model.

    `memory_gb` is the memory the preset is meant for (None: what the machine has).
    """

    name: Name
    title: str
    backend: Literal["torch", "mlx"] = Field(default="torch", description="mlx: Apple silicon only")
    device: Literal["cpu", "cuda", "mps"] = Field(default="cpu", description="Where the models run")
    dtype: Literal["float32", "bfloat16", "float16"] = Field(default="float32", description="Number format of weights")
    quantization: Literal["none", "nf4", "mlx-q4"] = Field(default="none", description="4-bit weights, if any")
    memory_gb: float | None = Field(default=None, gt=0, description="Memory the preset is made for, in GB")
    batch_size: int = Field(default=8, ge=1, le=4096, description="Problems generated at once")
    threads: int | None = Field(default=None, ge=1, description="CPU threads; empty: all cores")
    models: UsualModels = UsualModels()


class Recipe(Section):
    """What to do: settings shared by the stages, and the stages in order.

    `--set KEY=VALUE` names a key from the top: seed, preset, problems.limit, models.policy, hardware.batch_size,
    thresholds.accuracy, or a stage by its name: evaluate.max_new_tokens; `run` is for recipes that work on an earlier
    run. `hardware` overrides keys of the preset; with a `name` in it, it is a whole preset of its own (so `recipe.toml`
    of a run needs no preset file).
    """

    name: Name
    title: str
    description: str = ""
    minutes: float | None = Field(default=None, gt=0, description="Rough time on the preset `cpu` with two cores")
    seed: int = Field(default=DEFAULT_SEED, ge=0, le=2**32 - 1, description="Seeds problems, shuffling and sampling")
    run: str | None = Field(
        default=None,
        description="The earlier run to work on: its id or a part of it, last (the newest with items), or its folder",
    )
    preset: Name = "cpu"
    models: ModelRoles = ModelRoles()
    problems: ProblemSettings = ProblemSettings()
    stages: tuple[StageSettings, ...] = Field(min_length=1)
    thresholds: Thresholds = Thresholds()
    hardware: dict[str, Any] = Field(default_factory=dict)

    @field_validator("stages")
    @classmethod
    def _stage_names_are_folders_and_keys(cls, stages: tuple[StageSettings, ...]) -> tuple[StageSettings, ...]:
        taken = set(cls.model_fields) | RESERVED_STAGE_NAMES
        for stage in stages:
            if stage.name in taken:
                raise ValueError(f'two things are called "{stage.name}": give the stage another name')
            taken.add(stage.name)
        return stages
