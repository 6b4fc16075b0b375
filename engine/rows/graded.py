"""GradedRow: what is known of one solution that was graded and aligned, as engine, reports and screens read it.

In the file it is a JSON object with the fields of the class by the same names, step numbers from 0, matrices and moves
as lists. An item without gold solution has null scores, quadrant and divergence, empty matrices and an empty path.
Standard library only: screens read it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.rows.alignment import MOVE_KINDS, Divergence, Matrix, Move
from engine.rows.fields import Fields, is_number, is_share, is_step, kind_of, texts_of, wrong
from engine.runs.events import Item
from engine.words import QUADRANT, VERDICT, outcome_of

NULL = "null"  # coverage against the gold of another problem of the run; rows of earlier versions lack it
SCORES = ("published", "coverage", "extra", "order_free")
MATRICES = ("meaning", "values", "cell")
"""The three matrices of a row: meaning and values, and the similarity made of both in which the path was found."""
VERSIONS = ("prompt", "few_shot", "grader", "aligner", "model", "embedder")
BEFORE = {"run", "verdict", "rule", "predicted", "symbolic", "judge", "quadrant", "grader", "aligner"}
TOLD = ("verdict", "rule", "predicted", "answer", "quadrant", "subject", "level", "symbolic", "judge")
ANSWER_LIMIT = 200
"""Characters of an answer in an event: enough for any table; the row keeps all of it."""
NOT_COMPARED = -1
"""The class of an answer that was not compared with the others of its problem (None: there is no answer)."""
YES = "yes"
"""The fact of something that is either so or not told."""


@dataclass(frozen=True, slots=True)
class GradedRow:
    """One graded solution. `symbolic` and `judge` are the verdicts of the graders alone (None: not asked), `verdict`
    is the final one. `sample` (from 0) and `problem` are there where a problem has several solutions, `before` (BEFORE)
    where this one was graded again; `answer_class` numbers the answers of a problem that are the same."""

    id: str
    index: int = 0
    question: str = ""
    answer: str = ""
    gold_solution: str = ""
    gold_steps: tuple[str, ...] = ()
    solution: str = ""
    steps: tuple[str, ...] = ()
    predicted: str = ""
    parsed_from: str = ""
    verdict: str = ""
    rule: str = ""
    symbolic: str = ""
    judge: str | None = None
    scores: Mapping[str, float | None] = field(default_factory=dict)
    matrix: Mapping[str, Matrix] = field(default_factory=dict)
    path: tuple[Move, ...] = ()
    quadrant: str | None = None
    first_divergence: Divergence | None = None
    subject: str = ""
    level: str = ""
    source: str = ""
    tokens: int = 0
    prompt_tokens: int = 0
    truncated: bool = False
    seconds: float = 0.0
    variant: str = ""
    threshold: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    sample: int | None = None
    before: Mapping[str, Any] | None = None
    answer_class: int | None = NOT_COMPARED

    @property
    def outcome(self) -> str:
        """right | wrong | unparsed | truncated."""
        return outcome_of(self.verdict, self.truncated)

    @property
    def problem_id(self) -> str:
        """The problem that the solution answers."""
        return self.problem or self.id

    @property
    def score(self) -> float | None:
        """The score that decides about the quadrant."""
        return self.scores.get(self.variant)

    @property
    def is_aligned(self) -> bool:
        """Whether the row has scores, that is, whether its problem had a gold solution."""
        return self.scores.get("coverage") is not None

    @property
    def has_matrix(self) -> bool:
        """Whether there is a matrix to look at."""
        return bool(self.matrix.get("cell")) and bool(self.gold_steps) and bool(self.steps)

    def partners(self, student: int) -> tuple[int, ...]:
        """Gold steps that the path ties to this student step."""
        return tuple(move.pair[0] for move in self.path if move.pair and move.pair[1] == student)

    def matched_gold(self) -> frozenset[int]:
        """Gold steps that the path ties to anything."""
        return frozenset(move.pair[0] for move in self.path if move.pair)

    def to_json(self) -> dict[str, Any]:
        """The JSON object of the file."""
        body: dict[str, Any] = {name: getattr(self, name) for name in _WRITTEN}
        body |= {
            "gold_steps": list(self.gold_steps),
            "steps": list(self.steps),
            "scores": dict(self.scores),
            "matrix": {name: [list(line) for line in lines] for name, lines in self.matrix.items()},
            "path": [[move.kind, move.gold, move.student] for move in self.path],
            "first_divergence": self.first_divergence.to_json() if self.first_divergence else None,
            "versions": dict(self.versions),
        }
        if self.sample is not None:
            body |= {"problem": self.problem, "sample": self.sample}
        if self.before is not None:
            body["before"] = dict(self.before)
        if self.answer_class != NOT_COMPARED:
            body["answer_class"] = self.answer_class
        return body

    def to_item(self, stage: str, offset: int) -> Item:
        """The short form of the row that starts at byte `offset` of the stage's results.jsonl."""
        told = {name: getattr(self, name) for name in TOLD}
        facts = {name: value[:ANSWER_LIMIT] for name, value in told.items() if value}
        if self.first_divergence is not None:
            facts["divergence"] = str(self.first_divergence)
        if self.truncated:
            facts["truncated"] = YES
        if any(move.kind == "merge" for move in self.path):
            facts["merged"] = YES
        scores = {name: value for name in SCORES[:3] if (value := self.scores.get(name)) is not None}
        return Item(
            stage, self.id, self.index, offset, self.outcome,
            scores | ({"tokens": self.tokens} if self.tokens else {}), facts,
        )  # fmt: skip

    @classmethod
    def from_json(cls, body: object, *, lenient: bool = False) -> GradedRow:
        """The row of a JSON object. ValueError says why it cannot be one: it is foreign, torn or of another version.

        `lenient` gives a missing field its empty default (`Fields`): enough to look at a row, not to reckon with it.
        """
        fields = Fields(body, lenient)
        gold_steps, steps = fields.texts("gold_steps"), fields.texts("steps")
        row = cls(
            id=fields.text("id"), index=fields.count("index"), question=fields.text("question"),
            answer=fields.text("answer"), gold_solution=fields.text("gold_solution"), gold_steps=gold_steps,
            solution=fields.text("solution"), steps=steps, predicted=fields.text("predicted"),
            parsed_from=fields.text("parsed_from"), verdict=fields.one_of("verdict", VERDICT),
            rule=fields.text("rule"), symbolic=fields.one_of("symbolic", VERDICT),
            judge=fields.one_of_or_none("judge", VERDICT), scores=_scores(fields),
            matrix=_matrices(fields, len(gold_steps), len(steps)), path=_path(fields, len(gold_steps), len(steps)),
            quadrant=fields.one_of_or_none("quadrant", QUADRANT),
            first_divergence=_divergence(fields, len(gold_steps), len(steps)),
            subject=fields.text("subject"), level=fields.text("level"), source=fields.text("source"),
            tokens=fields.count("tokens"), prompt_tokens=fields.count("prompt_tokens"),
            truncated=fields.flag("truncated"), seconds=fields.number("seconds"), variant=fields.text("variant"),
            threshold=fields.share("threshold"), versions=texts_of(fields.object("versions")), **_more(fields),
        )  # fmt: skip
        if not lenient:
            _belong_together(row)
        return row


_OWN = ("problem", "sample", "before", "answer_class")
_WRITTEN = tuple(name for name in GradedRow.__dataclass_fields__ if name not in _OWN)


def _more(fields: Fields) -> dict[str, Any]:
    """What only some rows have."""
    found: dict[str, Any] = {}
    if fields.body.get("sample") is not None:
        found = {"problem": fields.text("problem"), "sample": fields.count("sample")}
    before = fields.body.get("before")
    if before is not None:
        if not isinstance(before, dict) or (not fields.lenient and not before.keys() >= BEFORE):
            raise wrong("before", before, "what an earlier run said")
        found["before"] = before
    answer_class = fields.body.get("answer_class", NOT_COMPARED)
    return found | {"answer_class": answer_class if isinstance(answer_class, int) else None}


def _scores(fields: Fields) -> dict[str, float | None]:
    scores = fields.object("scores")
    for name in () if fields.lenient else SCORES:
        if name not in scores:
            raise ValueError(f'the field "scores" lacks "{name}"')
    for name, value in scores.items():
        if value is not None and not is_share(value):
            raise ValueError(f"scores.{name} is {kind_of(value)}, not null or a number between 0 and 1")
    return {name: None if value is None else float(value) for name, value in scores.items()}


def _matrices(fields: Fields, gold: int, student: int) -> dict[str, Matrix]:
    body = fields.object("matrix")
    found: dict[str, Matrix] = {}
    for name in MATRICES:
        lines = body.get(name, [] if fields.lenient else None)
        if not isinstance(lines, list):
            raise ValueError(f'the field "matrix" lacks "{name}"')
        if lines and (len(lines) != gold or any(not isinstance(line, list) or len(line) != student for line in lines)):
            raise ValueError(f"matrix.{name} is not {gold} gold steps x {student} student steps")
        if not all(is_number(cell) for line in lines for cell in line):
            raise ValueError(f"matrix.{name} holds something that is not a number")
        found[name] = tuple(tuple(map(float, line)) for line in lines)
    return found


def _path(fields: Fields, gold: int, student: int) -> tuple[Move, ...]:
    found = []
    for move in fields.items("path"):
        if not isinstance(move, list) or len(move) != 3 or move[0] not in MOVE_KINDS:
            raise ValueError(f"path holds {kind_of(move)}, not [{' | '.join(MOVE_KINDS)}, gold, student]")
        kind, of_gold, of_student = move
        if not is_step(of_gold, gold) or not is_step(of_student, student) or of_gold is of_student is None:
            raise ValueError(f"path names a step that is not there: {move}")
        found.append(Move(kind, of_gold, of_student))
    return tuple(found)


def _divergence(fields: Fields, gold: int, student: int) -> Divergence | None:
    if "first_divergence" not in fields and not fields.lenient:
        raise ValueError('the field "first_divergence" is missing')
    body = fields.body.get("first_divergence")
    if not body:
        return None
    if not isinstance(body, dict) or not {"student", "gold", "reason"} <= body.keys():
        raise wrong("first_divergence", body, "null or an object with student, gold and reason")
    if not is_step(body["student"], student) or not is_step(body["gold"], gold):
        raise ValueError("first_divergence names a step that is not there")
    return Divergence(body["student"], body["gold"], str(body["reason"] or ""), body.get("kind") or None)


def _belong_together(row: GradedRow) -> None:
    if row.variant not in SCORES:
        raise wrong("variant", row.variant, f"one of {', '.join(SCORES)}")
    if (row.score is None) != (row.quadrant is None):
        raise ValueError("quadrant and score do not belong together: one of them is null")


# -- counting items


@dataclass(frozen=True, slots=True)
class Counts:
    """Items by the graders' final verdict and by quadrant, and how many the token limit ended (right ones too)."""

    verdicts: Mapping[str, int]
    quadrants: Mapping[str, int]
    truncated: int


def count_items(items: Iterable[Item]) -> Counts:
    """What the items are in all."""
    verdicts: dict[str, int] = {}
    quadrants: dict[str, int] = {}
    truncated = 0
    for item in items:
        verdict, quadrant = item.fact("verdict"), item.fact("quadrant")
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
        if quadrant:
            quadrants[quadrant] = quadrants.get(quadrant, 0) + 1
        truncated += is_truncated(item)
    return Counts(verdicts, quadrants, truncated)


def is_right(item: Item) -> bool:
    return item.fact("verdict") == "right"


def is_truncated(item: Item) -> bool:
    """Whether the token limit ended the solution, whatever its verdict."""
    return bool(item.fact("truncated"))


def is_merged(item: Item) -> bool:
    """Whether some step of the path was merged into a match."""
    return bool(item.fact("merged"))
