"""What a user may ask for: Recipe, its sections and stages, and HardwarePreset, as pydantic models.

Every key of a recipe or preset file is a field here, with its unit and meaning; unknown keys are refused
(`engine.recipes.loading` turns pydantic's complaint into file, key, line and "did you mean").
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_SEED = 42


class Section(BaseModel):
    """A frozen table of settings that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelRoles(Section):
    """Which model plays which role, each a ModelRef string; None leaves it to the preset, "" or "none" means no model."""

    policy: str | None = None
    embedder: str | None = None
    judge: str | None = None


class ColumnNames(Section):
    """Which columns of a JSONL hold what; None tries the usual names (question/problem, answer, solution, ...)."""

    id: str | None = None
    question: str | None = None
    answer: str | None = None
    solution: str | None = None
    gold_solution: str | None = None
    subject: str | None = None
    level: str | None = None


SourceName = Literal["embedded", "gsm8k", "gsm8k-platinum", "math", "math-500", "math-hard", "jsonl"]


class ProblemSettings(Section):
    """Which problems: a named source, from a hub by name or from `path` (file or folder)."""

    source: SourceName = "embedded"
    path: str | None = None
    split: Literal["train", "test"] = "test"
    limit: int | None = Field(default=None, ge=1)
    ids: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    subjects: tuple[str, ...] = ()
    shuffle: bool = False
    columns: ColumnNames = ColumnNames()
    on_bad_row: Literal["error", "skip"] = "error"


class EvaluateSettings(Section):
    """Generate one greedy (or sampled) solution a problem, grade it, align it with the gold solution."""

    kind: Literal["evaluate"] = "evaluate"
    name: str = "evaluate"
    few_shot: int = Field(default=0, ge=0, le=8)
    max_new_tokens: int = Field(default=256, ge=1, le=32768)
    temperature: float = Field(default=0.0, ge=0.0, le=5.0)
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    batch_size: int | None = Field(default=None, ge=1, le=4096)
    variant: Literal["coverage", "published"] = "coverage"
    threshold: float | None = Field(default=None, ge=0.0, le=1.0)


class ScoreSettings(Section):
    """Grade and align the solutions that the problems' file brings (column `solution`); no policy model."""

    kind: Literal["score"] = "score"
    name: str = "score"
    variant: Literal["coverage", "published"] = "coverage"
    threshold: float | None = Field(default=None, ge=0.0, le=1.0)


class ReportSettings(Section):
    """Write realign_benchmark_results.jsonl, summary.csv, figures, report.md and table.tex."""

    kind: Literal["report"] = "report"
    name: str = "report"
    heat_maps: int = Field(default=6, ge=0, le=1000)
    figures: bool = True


StageSettings = Annotated[EvaluateSettings | ScoreSettings | ReportSettings, Field(discriminator="kind")]


class Thresholds(Section):
    """Figures that must be reached, else exit code 4. `accuracy` is a share in [0, 1]."""

    accuracy: float | None = Field(default=None, ge=0.0, le=1.0)


class HardwarePreset(Section):
    """Where and how a recipe runs; each role's default model.

    `memory_gb` is the memory the preset is meant for (None: what the machine has); `kv_batch` rows are generated at once.
    """

    name: str
    title: str
    backend: Literal["torch", "mlx"] = "torch"
    device: Literal["cpu", "cuda", "mps"] = "cpu"
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    quantization: Literal["none", "nf4", "mlx-q4"] = "none"
    memory_gb: float | None = Field(default=None, gt=0)
    batch_size: int = Field(default=8, ge=1, le=4096)
    threads: int | None = Field(default=None, ge=1)
    models: ModelRoles = ModelRoles()


class Recipe(Section):
    """What to do: settings shared by the stages, and the stages in order.

    `--set KEY=VALUE` names a key from the top: seed, preset, problems.limit, models.policy, hardware.batch_size,
    thresholds.accuracy, or a stage by its name: evaluate.max_new_tokens. `hardware` overrides keys of the preset.
    """

    name: str
    title: str
    description: str = ""
    minutes: float | None = None
    seed: int = DEFAULT_SEED
    preset: str = "cpu"
    models: ModelRoles = ModelRoles()
    problems: ProblemSettings = ProblemSettings()
    stages: tuple[StageSettings, ...] = Field(min_length=1)
    thresholds: Thresholds = Thresholds()
    hardware: dict[str, object] = Field(default_factory=dict)
