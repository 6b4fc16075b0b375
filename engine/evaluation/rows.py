"""The result row: what is known of one item, as a JSON object; how it is built, announced and checked.

Fields: id, index, question, answer, gold_solution, gold_steps, solution, steps, predicted, parsed_from, verdict, rule,
symbolic, judge, scores {published, coverage, extra, order_free, null}, matrix {meaning, values, cell}, path
[[kind, gold, student], ...], quadrant, first_divergence {student, gold, reason}, subject, level, source, tokens,
prompt_tokens, truncated, seconds, variant, threshold, versions. Step numbers count from 0. An item without gold
solution has null scores, quadrant and divergence, empty matrices and an empty path. Where a problem has several
samples its rows are `<problem>~<sample>` and carry `problem` and `sample` (from 0); a row that was graded again carries
`before`: {run, verdict, rule, predicted, symbolic, judge, quadrant, grader, aligner} of the earlier run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from engine.alignment.alignment import Alignment, Divergence
from engine.grading.verdict import Verdict
from engine.models.completion import Completion
from engine.problems.problem import Problem
from engine.runs.events import Sample
from engine.runs.results import Row
from engine.words import QUADRANT, VERDICT, divergence_text, quadrant

DECIMALS = 4
"""Of scores and matrix cells: finer than any embedding is reproducible across machines."""

SCORE_NAMES = ("published", "coverage", "extra", "order_free")
NULL = "null"  # coverage against the gold of another problem of the run; rows of earlier versions lack it
MATRIX_NAMES = ("meaning", "values", "cell")
MOVE_KINDS = ("match", "skip-gold", "skip-student", "merge")
VERSION_KEYS = ("prompt", "few_shot", "grader", "aligner", "model", "embedder")
SAID_BEFORE = {"run", "verdict", "rule", "predicted", "symbolic", "judge", "quadrant", "grader", "aligner"}
SAMPLE_ANSWER_LIMIT = 200  # characters of an answer in an event: enough for any table; the row keeps all of it


def verdict_columns(verdict: Verdict) -> Row:
    """The columns of a row that the graders decide."""
    return {
        "predicted": verdict.predicted,
        "parsed_from": verdict.parsed_from,
        "verdict": verdict.label,
        "rule": verdict.rule,
        "symbolic": verdict.symbolic,
        "judge": verdict.judge,
    }


def build_row(
    problem: Problem,
    index: int,
    solution: str,
    steps: Sequence[str],
    verdict: Verdict,
    alignment: Alignment | None,
    *,
    variant: str,
    threshold: float,
    versions: Mapping[str, str],
    completion: Completion | None = None,
    null: float | None = None,
) -> Row:
    """The row of item number `index`. `alignment` is None without a gold solution, `completion` where no model ran.

    The quadrant is taken at the rounded score, so that whoever reads the row and its threshold finds the same one.
    """
    scores = _scores(alignment) | {NULL: None if null is None else round(null, DECIMALS)}
    score = scores[variant]
    return {
        "id": problem.id,
        "index": index,
        "question": problem.question,
        "answer": problem.answer,
        "gold_solution": problem.gold_solution,
        "gold_steps": list(problem.gold_steps),
        "solution": solution,
        "steps": list(steps),
        **verdict_columns(verdict),
        "scores": scores,
        "matrix": {name: _rounded(getattr(alignment, name) if alignment else ()) for name in MATRIX_NAMES},
        "path": [[move.kind, move.gold, move.student] for move in alignment.path] if alignment else [],
        "quadrant": None if score is None else quadrant(score, verdict.label, threshold),
        "first_divergence": _divergence(alignment.divergence if alignment else None),
        "subject": problem.subject,
        "level": problem.level,
        "source": problem.source,
        "tokens": completion.tokens if completion else 0,
        "prompt_tokens": completion.prompt_tokens if completion else 0,
        "truncated": completion.truncated if completion else False,
        "seconds": round(completion.seconds, 3) if completion else 0.0,
        "variant": variant,
        "threshold": threshold,
        "versions": {**dict.fromkeys(VERSION_KEYS, ""), **versions},
    }


def sample_event(stage: str, row: Row, offset: int) -> Sample:
    """The short form of a row that starts at byte `offset` of the stage's results.jsonl."""
    scores = row["scores"]
    return Sample(
        stage=stage,
        id=row["id"],
        index=row["index"],
        offset=offset,
        verdict=row["verdict"],
        rule=row["rule"],
        predicted=row["predicted"][:SAMPLE_ANSWER_LIMIT],
        answer=row["answer"][:SAMPLE_ANSWER_LIMIT],
        quadrant=row["quadrant"] or "",
        published=scores["published"],
        coverage=scores["coverage"],
        extra=scores["extra"],
        tokens=row["tokens"],
        truncated=row["truncated"],
        divergence=divergence_text(row["first_divergence"]),
        subject=row["subject"],
        level=row["level"],
        symbolic=row["symbolic"],
        judge=row["judge"] or "",
        merged=any(kind == "merge" for kind, _, _ in row["path"]),
    )


def check_row(obj: object) -> str | None:
    """Why the object cannot be used as a result row (it is foreign, torn or of another version); None when it can."""
    if not isinstance(obj, dict):
        return f"a result row is a JSON object, this is {_kind(obj)}"
    for name, (wanted, is_wanted) in _FIELDS.items():
        if name not in obj:
            return f'the field "{name}" is missing'
        if not is_wanted(obj[name]):
            return f'the field "{name}" is {_kind(obj[name])}, not {wanted}'
    for name, (wanted, is_wanted) in _OPTIONAL_FIELDS.items():
        if name in obj and not is_wanted(obj[name]):
            return f'the field "{name}" is {_kind(obj[name])}, not {wanted}'
    return _check_scores(obj) or _check_matrices(obj) or _check_steps_named(obj)


def _scores(alignment: Alignment | None) -> dict[str, float | None]:
    if alignment is None:
        return dict.fromkeys(SCORE_NAMES)
    return {name: round(float(getattr(alignment.scores, name)), DECIMALS) for name in SCORE_NAMES}


def _rounded(matrix: Iterable[Iterable[float]]) -> list[list[float]]:
    return [[round(float(cell), DECIMALS) for cell in row] for row in matrix]


def _divergence(divergence: Divergence | None) -> dict[str, Any] | None:
    if divergence is None:
        return None
    named = {"student": divergence.student, "gold": divergence.gold, "reason": divergence.reason}
    return named | ({"kind": divergence.kind} if divergence.kind else {})


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type] # narrowed by type() above


def _is_share(value: object) -> bool:
    return _is_number(value) and 0.0 <= value <= 1.0  # type: ignore[operator] # a number, by _is_number


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_verdict(value: object) -> bool:
    return isinstance(value, str) and value in VERDICT


def _is_quadrant(value: object) -> bool:
    return value is None or (isinstance(value, str) and value in QUADRANT)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_said(value: object) -> bool:
    return isinstance(value, dict) and value.keys() >= SAID_BEFORE


def _is_divergence(value: object) -> bool:
    return value is None or (isinstance(value, dict) and {"student", "gold", "reason"} <= value.keys())


_FIELDS: dict[str, tuple[str, Callable[[object], bool]]] = {
    **dict.fromkeys(("id", "question", "answer", "gold_solution", "solution", "predicted"), ("text", _is_text)),
    **dict.fromkeys(("parsed_from", "rule", "subject", "level", "source", "variant"), ("text", _is_text)),
    **dict.fromkeys(("index", "tokens", "prompt_tokens"), ("a count", _is_count)),
    **dict.fromkeys(("gold_steps", "steps"), ("a list of texts", _is_texts)),
    **dict.fromkeys(("verdict", "symbolic"), (f"one of {', '.join(VERDICT)}", _is_verdict)),
    "judge": (f"null or one of {', '.join(VERDICT)}", lambda value: value is None or _is_verdict(value)),
    "quadrant": (f"null or one of {', '.join(QUADRANT)}", _is_quadrant),
    **dict.fromkeys(("scores", "matrix", "versions"), ("an object", _is_object)),
    "path": ("a list", lambda value: isinstance(value, list)),
    "first_divergence": ("null or an object with student, gold and reason", _is_divergence),
    "truncated": ("true or false", _is_flag),
    "seconds": ("a number", _is_number),
    "threshold": ("a number between 0 and 1", _is_share),
}

_OPTIONAL_FIELDS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "problem": ("text", _is_text),
    "sample": ("a count", _is_count),
    "before": ("what an earlier run said", _is_said),
}


def _check_scores(row: dict[str, Any]) -> str | None:
    scores = row["scores"]
    for name in SCORE_NAMES:
        if name not in scores:
            return f'the field "scores" lacks "{name}"'
        if scores[name] is not None and not _is_share(scores[name]):
            return f"scores.{name} is {_kind(scores[name])}, not null or a number between 0 and 1"
    if scores.get(NULL) is not None and not _is_share(scores[NULL]):
        return f"scores.{NULL} is {_kind(scores[NULL])}, not null or a number between 0 and 1"
    if row["variant"] not in SCORE_NAMES:
        return f'the field "variant" is {_kind(row["variant"])}, not one of {", ".join(SCORE_NAMES)}'
    if (scores[row["variant"]] is None) != (row["quadrant"] is None):
        return "quadrant and score do not belong together: one of them is null"
    return None


def _check_matrices(row: dict[str, Any]) -> str | None:
    gold, student = len(row["gold_steps"]), len(row["steps"])
    for name in MATRIX_NAMES:
        matrix = row["matrix"].get(name)
        if not isinstance(matrix, list):
            return f'the field "matrix" lacks "{name}"'
        if not matrix:
            continue
        if len(matrix) != gold or any(not isinstance(line, list) or len(line) != student for line in matrix):
            return f"matrix.{name} is not {gold} gold steps x {student} student steps"
        if not all(_is_number(cell) for line in matrix for cell in line):
            return f"matrix.{name} holds something that is not a number"
    return None


def _check_steps_named(row: dict[str, Any]) -> str | None:
    gold, student = len(row["gold_steps"]), len(row["steps"])
    for move in row["path"]:
        if not isinstance(move, list) or len(move) != 3 or move[0] not in MOVE_KINDS:
            return f"path holds {_kind(move)}, not [{' | '.join(MOVE_KINDS)}, gold, student]"
        if not _is_step(move[1], gold) or not _is_step(move[2], student) or (move[1] is None and move[2] is None):
            return f"path names a step that is not there: {move}"
    divergence = row["first_divergence"]
    if divergence and not (_is_step(divergence["student"], student) and _is_step(divergence["gold"], gold)):
        return "first_divergence names a step that is not there"
    return None


def _is_step(value: object, count: int) -> bool:
    return value is None or (type(value) is int and 0 <= value < count)


def _kind(value: object) -> str:
    """A short description of a value for a message."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
