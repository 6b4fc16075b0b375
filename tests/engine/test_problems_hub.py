"""load_problems from a hub that is a table: named sets, what is missing, and no hub at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EnvironmentMissing, UserError
from engine.problems import hub
from tests.engine.problem_files import gsm8k_row, load, math_row


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def faked_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[tuple[str, str | None, str], Any]]:
    """What the hub has, by (repository, configuration, split); an exception is raised instead."""
    datasets = pytest.importorskip("datasets")
    shelves: dict[tuple[str, str | None, str], Any] = {}

    def load_dataset(repository: str, configuration: str | None, *, split: str) -> Any:
        found = shelves.get(
            (repository, configuration, split), ConnectionError(f"Couldn't reach '{repository}' on the Hub")
        )
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    hub._load.cache_clear()
    yield shelves
    hub._load.cache_clear()


def test_named_sets_come_from_the_hub(cache: Path, faked_hub: dict[Any, Any]) -> None:
    faked_hub["openai/gsm8k", "main", "test"] = [gsm8k_row(number) for number in range(12)]
    faked_hub["openai/gsm8k", "main", "train"] = [gsm8k_row(number, "train") for number in range(30)]
    faked_hub["madrylab/gsm8k-platinum", "main", "test"] = [gsm8k_row(number) for number in range(10)]
    found = load(cache, source="gsm8k")
    assert (len(found.problems), len(found.pool.examples)) == (12, 8)
    assert found.problems[0].id == "gsm8k-test-00000"
    platinum = load(cache, source="gsm8k-platinum")
    assert len(platinum.problems) == 10
    assert platinum.pool.hash == found.pool.hash


def test_math_joins_its_seven_parts_and_hard_is_level_five(cache: Path, faked_hub: dict[Any, Any]) -> None:
    for part, name in enumerate(hub.HUB["math"].configurations):
        for split, offset in (("train", 5_000), ("test", 0)):
            rows = [math_row(offset + 100 * part + number, number % 5 + 1, str(name)) for number in range(5)]
            faked_hub["EleutherAI/hendrycks_math", name, split] = rows
    assert len(load(cache, source="math").problems) == 35
    hard = load(cache, source="math-hard")
    assert [p.level for p in hard.problems] == ["5"] * 7
    assert len({p.id for p in hard.problems}) == 7


def test_no_hub_is_one_clear_error_with_the_way_round_it(cache: Path, faked_hub: dict[Any, Any]) -> None:
    with pytest.raises(EnvironmentMissing, match="openai/gsm8k") as caught:
        load(cache, source="gsm8k")
    assert "problems.path=" in caught.value.next_step
    assert caught.value.exit_code == 3


def test_a_train_split_that_the_hub_withholds_costs_the_pool_only(cache: Path, faked_hub: dict[Any, Any]) -> None:
    faked_hub["openai/gsm8k", "main", "test"] = [gsm8k_row(number) for number in range(12)]
    found = load(cache, source="gsm8k")
    assert len(found.problems) == 12
    assert "no few-shot pool" in found.warnings[0]


def test_a_set_without_a_train_split_says_where_to_find_one(cache: Path) -> None:
    with pytest.raises(UserError, match="no train split") as caught:
        load(cache, source="math-500", split="train")
    assert "problems.source=math" in caught.value.next_step


def test_a_missing_package_is_named(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub._load.cache_clear()
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(EnvironmentMissing, match="package datasets"):
        load(cache, source="gsm8k")
