"""The named sets as the hub holds them, loaded through `datasets`, which is imported only when a set is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from engine.errors import EnvironmentMissing, UserError
from engine.problems.tables import RawRow, Split, Table

Named = Literal["gsm8k", "gsm8k-platinum", "math", "math-500", "math-hard"]

_MATH_SUBJECTS = (
    "algebra", "counting_and_probability", "geometry", "intermediate_algebra", "number_theory", "prealgebra",
    "precalculus",
)  # fmt: skip
HARD_LEVEL = "5"
"""MATH-Hard is level 5 of MATH."""


@dataclass(frozen=True, slots=True)
class HubSet:
    """Where a set lives; `train` names the set whose train split belongs to it where it has none of its own."""

    repository: str
    configurations: tuple[str | None, ...]
    kind: Literal["gsm8k", "math"]
    splits: tuple[Split, ...] = ("train", "test")
    train: Named | None = None
    level: str = ""


HUB: Mapping[Named, HubSet] = {
    "gsm8k": HubSet("openai/gsm8k", ("main",), "gsm8k"),
    "gsm8k-platinum": HubSet("madrylab/gsm8k-platinum", ("main",), "gsm8k", ("test",), "gsm8k"),
    "math": HubSet("EleutherAI/hendrycks_math", _MATH_SUBJECTS, "math"),
    "math-500": HubSet("HuggingFaceH4/MATH-500", (None,), "math", ("test",), "math"),
    "math-hard": HubSet("EleutherAI/hendrycks_math", _MATH_SUBJECTS, "math", level=HARD_LEVEL),
}


def hub_table(name: Named, split: Split) -> Table:
    """A split of a named set; nothing is loaded before its rows are asked for. UserError for a split it has not."""
    hub_set = HUB[name]
    if split not in hub_set.splits:
        raise UserError(
            f"{name} has no {split} split", f"take that of another set: --set problems.source={hub_set.train}"
        )
    origin = f"{hub_set.repository} ({split})"
    return Table(
        origin=origin,
        source=name,
        id_prefix=f"{name}-{split}",
        kind=hub_set.kind,
        rows=lambda: _rows(hub_set, split, origin),
        fingerprint=lambda: hashlib.sha256(origin.encode("utf-8", "backslashreplace")).hexdigest(),
        level=hub_set.level,
    )


def hub_train_table(name: Named) -> Table:
    """The train split that belongs to a named set: its own, or that of the set it was made from."""
    return hub_table(HUB[name].train or name, "train")


def _rows(hub_set: HubSet, split: Split, origin: str) -> Iterator[RawRow]:
    number = 0
    for configuration in hub_set.configurations:
        for row in _load(hub_set.repository, configuration, split):
            yield RawRow(f"{origin}, row {number + 1}", number, dict(row))
            number += 1


@lru_cache(maxsize=2 * len(_MATH_SUBJECTS))  # a set is read twice: for the few-shot pool and for the problems
def _load(repository: str, configuration: str | None, split: Split) -> Any:
    """One split, from the hub or from the hub's own cache. Raises EnvironmentMissing."""
    try:
        import datasets
        import httpx
    except ImportError as error:
        raise EnvironmentMissing(f"the package {error.name} is missing", "pip install datasets") from error
    try:
        return datasets.load_dataset(repository, configuration, split=split)
    except (OSError, ValueError, datasets.exceptions.DatasetsError, httpx.HTTPError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise EnvironmentMissing(
            f"the hub did not give {repository} ({split}): {reason}",
            "get online, or fetch the set elsewhere and say where it lies: --set problems.path=FOLDER_OR_FILE",
        ) from error
