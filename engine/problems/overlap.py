"""Problems that are trained on and evaluated on in one run: refused, since what was seen in training proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from engine.errors import UserError
from engine.problems.problem import Problem, question_key
from engine.recipes.recipe import Recipe
from engine.recipes.sections import ProblemSettings
from engine.stages import stage_kind

IDS_SHOWN = 5

Load = Callable[[ProblemSettings], Sequence[Problem]]
"""The problems that settings ask for, as a stage would get them."""


def shared_ids(trained: Iterable[Problem], evaluated: Iterable[Problem]) -> tuple[str, ...]:
    """The ids of the evaluated problems that are among the trained ones, in their order: problems of the same id and
    source, or of the same question up to white space and case."""
    trained = list(trained)
    ids = {(problem.source, problem.id) for problem in trained}
    questions = {question_key(problem.question) for problem in trained}
    return tuple(
        problem.id
        for problem in evaluated
        if (problem.source, problem.id) in ids or question_key(problem.question) in questions
    )


def refuse_overlap(recipe: Recipe, load: Load) -> None:
    """UserError where a stage trains on a problem that a later one evaluates, naming both stages and the shared ids.

    Nothing is loaded where no stage trains.
    """
    loaded: dict[str, Sequence[Problem]] = {}

    def problems(settings: ProblemSettings) -> Sequence[Problem]:
        key = settings.model_dump_json()
        if key not in loaded:
            loaded[key] = load(settings)
        return loaded[key]

    for place, training in enumerate(recipe.stages):
        if not stage_kind(training.kind).trains:
            continue
        for later in recipe.stages[place + 1 :]:
            kind = stage_kind(later.kind)
            if not kind.reads_problems or kind.trains or not kind.makes:
                continue
            shared = shared_ids(problems(recipe.problems_of(training)), problems(recipe.problems_of(later)))
            if shared:
                raise _overlap(training.name, later.name, shared)


def _overlap(training: str, later: str, shared: Sequence[str]) -> UserError:
    more = f" and {len(shared) - IDS_SHOWN:,} more" if len(shared) > IDS_SHOWN else ""
    count = "a problem" if len(shared) == 1 else f"{len(shared):,} problems"
    return UserError(
        f"{training} trains on {count} that {later} evaluates: {', '.join(shared[:IDS_SHOWN])}{more}",
        f"give them problems apart, for example --set {training}.problems.split=train "
        f"and --set {later}.problems.split=test",
    )
