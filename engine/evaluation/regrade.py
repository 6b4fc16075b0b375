"""The stage "regrade": the solutions of an earlier run are graded again; nothing is generated, that run is only read.

Answers are extracted and graded by the present grader (and judge, where one is named). Generation, alignment and scores
are kept, except that `realign` aligns again what an aligner of another version has aligned. A row carries in `before`
what the earlier run said of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from engine.alignment.aligner import ALIGNER_VERSION
from engine.context import StageContext, StageResult
from engine.errors import UserError
from engine.evaluation.answer_classes import KEPT, classes_of, with_answer_classes
from engine.evaluation.assess import Assessor
from engine.evaluation.attempt import Attempt
from engine.evaluation.changes import regrade_diff
from engine.evaluation.rows import verdict_fields
from engine.evaluation.samples import is_sampled
from engine.evaluation.summary import summarise
from engine.grading.grader import GRADER_VERSION, Grader, GradeRequest
from engine.grading.judge import Judge, refuse_own_judge
from engine.grading.verdict import Verdict
from engine.problems.problem import Problem
from engine.recipes.stages.regrade import RegradeSettings
from engine.recipes.stages.score import ScoreSettings
from engine.rows.graded import GradedRow
from engine.runs.earlier import EarlierRun
from engine.words import quadrant

CHUNK = 64
"""Rows graded at once; what is under way is lost when the worker is killed."""
JUDGED_CHUNK = 8
"""The same where a judge may take seconds for each."""
SOURCE_ITEMS = "source_items"
"""In the summary: of how many items these are, where the earlier run had not made all when it was graded again."""
WARNINGS_SHOWN = 5
"""Rows of the earlier run that cannot be used are named one by one up to here."""


def run(settings: RegradeSettings, context: StageContext) -> StageResult:
    """Grade again what an earlier worker of this run has not; the summary is over all rows and has the diff."""
    earlier = context.earlier_run()
    before = _rows_of(earlier, context)
    finished = context.finished_rows(GradedRow)
    context.started("regrade", len(before), sum(row.id in finished for row in before))
    if any(row.id not in finished for row in before):
        _regrade(settings, context, earlier, before, finished)
    rows = sorted(finished.values(), key=lambda row: row.index)
    artifacts = {"results": f"{context.stage}/results.jsonl"}
    if is_sampled(rows):
        context.note("comparing answers")
        rows = with_answer_classes(rows, context.checkpoint)
        context.keep(KEPT, classes_of(rows))
    summary = summarise(rows).as_dict()
    if (total := _items_in_all(earlier)) > len(before):
        summary[SOURCE_ITEMS] = total
    if diff := regrade_diff(rows):
        artifacts["changes"] = context.keep("changes.json", diff.as_dict(changes=None))
        summary["regrade"] = diff.as_dict()
    return StageResult(summary, artifacts)


def _rows_of(earlier: EarlierRun, context: StageContext) -> list[GradedRow]:
    """The usable rows, each item once, in the order of the problems; what cannot be used is said and passed over."""
    found: dict[str, GradedRow] = {}
    skipped = 0
    for offset, body in earlier.rows():
        try:
            if body is None:
                raise ValueError("the line is torn or no JSON object with an id")
            row = GradedRow.from_json(body)
            found.setdefault(row.id, row)
            continue
        except ValueError as error:
            complaint = error
        skipped += 1
        if skipped <= WARNINGS_SHOWN:
            context.warn(f"passed over a row of {earlier.id} at byte {offset}: {complaint}")
    if skipped > WARNINGS_SHOWN:
        context.warn(f"passed over {skipped} rows of {earlier.id} in all")
    if not found:
        raise UserError(f"{earlier.id} has no row that can be graded", "take another run: --set run=RUN")
    _warn_of_the_rest(earlier, len(found), context)
    return sorted(found.values(), key=lambda row: (row.index, row.id))


def _warn_of_the_rest(earlier: EarlierRun, items: int, context: StageContext) -> None:
    """Say where the earlier run has not made all items that it was to make: the figures are over those it has."""
    stage = earlier.told()
    of_all = f"{items} of {stage.total}" if stage.total and stage.total > items else str(items)
    if stage.status == "finished":
        if SOURCE_ITEMS in stage.summary:
            context.warn(
                f"{earlier.id} graded only {stage.total} of {_items_in_all(earlier):,} items again, so these are all",
                "grade the run that made the answers again once it is done",
            )
    elif earlier.under_way:
        context.warn(
            f"{earlier.id} is still going: only its {of_all} items so far are graded again",
            "grade it again once it is done",
        )
    else:
        context.warn(
            f"{earlier.id} stopped before its stage {stage.name} was done: only {of_all} items are graded again",
            f"finish it with {earlier.resume_command}, then grade it again",
        )
    for name in earlier.empty:
        context.warn(f"the later stage {name} of {earlier.id} has no items: those of {stage.name} are graded again")


def _items_in_all(earlier: EarlierRun) -> int:
    """How many items the run that made the answers was to have, as far as that is known."""
    stage = earlier.told()
    known = stage.summary.get(SOURCE_ITEMS)
    return max(stage.total or 0, known if isinstance(known, int) else 0)


def _regrade(
    settings: RegradeSettings,
    context: StageContext,
    earlier: EarlierRun,
    before: Sequence[GradedRow],
    finished: dict[str, GradedRow],
) -> None:
    judge = _judge(settings, context, before)
    waiting = [row for row in before if row.id not in finished]
    stale = [row for row in waiting if settings.realign and row.versions.get("aligner") != ALIGNER_VERSION]
    with ExitStack() as closing:
        grader = closing.enter_context(Grader(judge=judge, checkpoint=context.checkpoint))
        assessors = _assessors(settings, context, earlier, stale, closing)
        for assessor in assessors.values():
            assessor.prepare(_problems_of(before))  # all of them: a resumed run does what an undisturbed one does
        to_align = {row.id for row in stale}
        size = JUDGED_CHUNK if judge else CHUNK
        for start in range(0, len(waiting), size):
            context.checkpoint()
            chunk = waiting[start : start + size]
            fresh = _graded_again(settings, [r for r in chunk if r.id not in to_align], grader, judge)
            for variant, assessor in assessors.items():
                fresh |= _aligned_again([r for r in chunk if r.id in to_align and r.variant == variant], assessor)
            for row in chunk:
                finished[row.id] = replace(fresh[row.id], before=what_was_said(row, earlier.id))
                context.save_row(finished[row.id], "grading again")


def _graded_again(
    settings: RegradeSettings, rows: Sequence[GradedRow], grader: Grader, judge: Judge | None
) -> dict[str, GradedRow]:
    verdicts = grader.grade([GradeRequest(row.question, row.answer, row.solution) for row in rows])
    return {
        row.id: graded_again(row, verdict, settings.threshold, judge.fingerprint if judge else "")
        for row, verdict in zip(rows, verdicts, strict=True)
    }


def graded_again(row: GradedRow, verdict: Verdict, threshold: float | None = None, judge: str = "") -> GradedRow:
    """The row with this verdict, the quadrant that follows from it, and the version of the grader; `threshold` None
    keeps the row's."""
    score = row.score
    threshold = row.threshold if threshold is None else threshold
    return replace(
        row,
        **verdict_fields(verdict),
        threshold=threshold,
        quadrant=None if score is None or threshold is None else quadrant(score, verdict.label, threshold),
        versions=_unjudged(row.versions) | {"grader": GRADER_VERSION} | ({"judge": judge} if judge else {}),
    )


def what_was_said(row: GradedRow, run: str) -> dict[str, Any]:
    """`before` of a new row, from the one in `run`."""
    versions: Mapping[str, str] = row.versions
    said = {name: getattr(row, name) for name in ("verdict", "rule", "predicted", "symbolic", "judge", "quadrant")}
    return {"run": run, **said, **{name: versions.get(name, "") for name in ("grader", "aligner")}}


def _judge(settings: RegradeSettings, context: StageContext, rows: Sequence[GradedRow]) -> Judge | None:
    judged = sum(row.judge is not None for row in rows)
    if context.models.reference("judge") is None:
        if judged:
            context.warn(
                f"the earlier run asked a judge about {judged} of these items, this one names none: the verdicts are "
                "the symbolic grader's alone",
                "--set models.judge=MODEL asks one again",
            )
        return None
    context.note("loading the judge")
    judge = Judge(context.models.policy("judge"))
    tested = {row.versions.get("model", "") for row in rows} - {""}
    refuse_own_judge(judge, tested, settings.judge_may_be_policy, context.stage)
    return judge


def _assessors(
    settings: RegradeSettings,
    context: StageContext,
    earlier: EarlierRun,
    stale: Sequence[GradedRow],
    closing: ExitStack,
) -> dict[str, Assessor]:
    """What grades and aligns the stale rows, by their variant of the score; no embedder is loaded where there are none.

    The threshold is this run's, else the one that the earlier run named, else the default of now: that of the rows
    belongs to the scores of then.
    """
    threshold = earlier.stage.get("threshold") if settings.threshold is None else settings.threshold
    made: dict[str, Assessor] = {}
    for variant in sorted({row.variant for row in stale}):
        context.note("loading the embedder")
        scoring = ScoreSettings.model_validate({"variant": variant, "threshold": threshold})
        made[variant] = closing.enter_context(Assessor(scoring, context, {}))
    return made


def _aligned_again(rows: Sequence[GradedRow], assessor: Assessor) -> dict[str, GradedRow]:
    """The rows graded, split into steps and aligned anew; what the model did is kept."""
    fresh = assessor.assess([Attempt.of(row) for row in rows]) if rows else []
    return {
        row.id: replace(new, versions=_unjudged(row.versions) | _known(new.versions))
        for row, new in zip(rows, fresh, strict=True)
    }


def _problems_of(rows: Sequence[GradedRow]) -> list[Problem]:
    """The problems of the rows, each once, in their order."""
    return list({attempt.problem.id: attempt.problem for attempt in map(Attempt.of, rows)}.values())


def _unjudged(versions: Mapping[str, str]) -> dict[str, str]:
    return {name: version for name, version in versions.items() if name != "judge"}


def _known(versions: Mapping[str, str]) -> dict[str, str]:
    return {name: version for name, version in versions.items() if version}
