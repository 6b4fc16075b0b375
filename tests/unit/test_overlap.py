"""What is trained on is not evaluated on in the same run: a toy kind of stage that trains stands in the table here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pytest

from engine.errors import UserError
from engine.problems.overlap import refuse_overlap, shared_ids
from engine.problems.problem import Problem
from engine.recipes.recipe import Recipe
from engine.recipes.sections import Name, OwnProblems, ProblemSettings
from engine.recipes.stages.evaluate import EvaluateSettings
from engine.recipes.stages.report import ReportSettings
from engine.recipes.stages.section import StageSection
from engine.stages import STAGES, StageKind


class ToyTraining(StageSection):
    """A stage that trains."""

    kind: Literal["toy"] = "toy"
    name: Name = "sft"
    problems: OwnProblems = OwnProblems()


def problem(name: str, question: str = "", source: str = "set") -> Problem:
    return Problem(name, question or f"What is {name}?", "1", "", (), source=source)


@pytest.fixture(autouse=True)
def toy_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STAGES, "toy", StageKind("toy", uses=("problems",), trains=True))


def recipe(*stages: StageSection) -> Recipe:
    """A recipe of these stages; a kind that the union does not know can only be put in afterwards."""
    plain = Recipe(name="r", title="r", stages=(ReportSettings(),))
    return plain.model_copy(update={"stages": stages})


def own(split: Literal["train", "test"]) -> ProblemSettings:
    return OwnProblems(split=split)


class Shelf:
    """Problems by split; counts what was asked for."""

    def __init__(self, train: Sequence[Problem], test: Sequence[Problem]) -> None:
        self.by_split = {"train": train, "test": test}
        self.loads: list[str] = []

    def load(self, settings: ProblemSettings) -> Sequence[Problem]:
        self.loads.append(settings.split)
        return self.by_split[settings.split]


@pytest.mark.parametrize(
    ("evaluated", "shared"),
    [
        (problem("a"), ("a",)),
        (problem("b", "what  IS\na ?"), ("b",)),
        (problem("b", "What is b?"), ()),
        (problem("a", "Another question", source="other file"), ()),  # lines are numbered in every file
        (problem("a", "A question that was reworded"), ("a",)),
    ],
)
def test_a_problem_is_shared_by_its_id_or_its_question(evaluated: Problem, shared: tuple[str, ...]) -> None:
    assert shared_ids([problem("a"), problem("c")], [evaluated]) == shared


def test_an_overlap_is_refused_with_the_stages_and_the_ids() -> None:
    many = [problem(f"p{number}") for number in range(8)]
    shelf = Shelf(many, many[:7])
    stages = (EvaluateSettings(name="base"), ToyTraining(problems=own("train")), EvaluateSettings(name="tuned"))
    with pytest.raises(UserError) as caught:
        refuse_overlap(recipe(*stages), shelf.load)
    assert caught.value.message == "sft trains on 7 problems that tuned evaluates: p0, p1, p2, p3, p4 and 2 more"
    assert "--set sft.problems.split=train" in caught.value.next_step


def test_what_was_evaluated_before_the_training_is_no_matter() -> None:
    shelf = Shelf([problem("a")], [problem("b")])
    before = EvaluateSettings(name="base", problems=own("train"))
    after = (EvaluateSettings(name="one"), EvaluateSettings(name="two"), ReportSettings())
    refuse_overlap(recipe(before, ToyTraining(problems=own("train")), *after), shelf.load)
    assert sorted(shelf.loads) == ["test", "train"], "each once"


def test_where_nothing_trains_nothing_is_loaded() -> None:
    shelf = Shelf([], [])
    refuse_overlap(recipe(EvaluateSettings(), ReportSettings()), shelf.load)
    assert shelf.loads == []
