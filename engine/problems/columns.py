"""From the columns of a row to a Problem: which column holds what, and the formats of GSM8K, MATH and plain files.

* GSM8K: `answer` is the gold solution, with calculator marks `<<48/2=24>>` and the final line `#### 72` (or `A: 72`).
* MATH: `problem`, `solution` is the gold solution with the answer in `\\boxed{}`, `level` is "Level 5" or 5.
* generic: `question`, `answer` (the final answer, or a gold solution with a final line), `solution` is a STUDENT's
  solution to be scored, `gold_solution` may hold the gold one.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.errors import UserError
from engine.problems.problem import Problem
from engine.problems.tables import Row
from engine.recipes.columns import USUAL_COLUMNS, column_names, has_column, look_up
from engine.recipes.sections import ColumnNames
from engine.steps.boxes import boxed_contents
from engine.steps.splitting import split_steps

Kind = Literal["gsm8k", "math", "generic"]

_CALCULATOR = re.compile(r"<<[^<>\n]*>>")
_HASH_LINE = re.compile(r"^[ \t]*####[ \t]*(?P<answer>\S[^\n]*?)[ \t]*$", re.MULTILINE)
_A_LINE = re.compile(r"(?:\A|\n)[ \t]*A:[ \t]*(?P<answer>\S[^\n]*?)\s*\Z")
_PLAIN_NUMBER = re.compile(r"[-+]?\$?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\$?\d+(?:\.\d+)?")
_LEVEL = re.compile(r"(?:level\s*)?(\d+)", re.IGNORECASE)
_HALF_CHARACTER = re.compile("[\\ud800-\\udfff]")
"""JSON can spell half of a surrogate pair (a text cut in the middle of an emoji); no tokenizer takes it."""
_NO_LEVEL = ("", "none", "null", "?", "level ?")


class BadRow(Exception):
    """What is wrong with one row, in words that follow its place: "has no answer"."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column holds what (dotted for a column within a column; None: none does)."""

    kind: Kind
    question: str
    answer: str | None
    gold_solution: str | None = None
    solution: str | None = None
    id: str | None = None
    subject: str | None = None
    level: str | None = None


@dataclass(slots=True)
class Naming:
    """Gives every problem of one table its source and a unique id."""

    source: str
    id_prefix: str
    taken: set[str] = field(default_factory=set)
    doubles: int = 0

    def id_for(self, wanted: str, number: int) -> str:
        """The row's own id, else one from its number; a second row with the same id gets `-2`."""
        chosen = wanted or f"{self.id_prefix}-{number:05d}"
        if chosen in self.taken:
            self.doubles += 1
            copy = 2
            while f"{chosen}-{copy}" in self.taken:
                copy += 1
            chosen = f"{chosen}-{copy}"
        self.taken.add(chosen)
        return chosen


def choose_layout(samples: Sequence[Row], names: ColumnNames, kind: Kind | None, origin: str) -> Layout:
    """Settle the columns by the settings and the first rows; `kind` None finds it out.

    Raises UserError for a column that does not exist ("did you mean") and when question or answer cannot be found.
    """
    chosen = {role: _column(samples, role, getattr(names, role), origin) for role in USUAL_COLUMNS}
    kind = kind or _detect(samples, chosen, names)
    if kind == "math" and names.gold_solution is None and chosen["gold_solution"] is None:
        # In MATH `solution` is the gold one; a student's has to be named.
        gold = next((name for name in USUAL_COLUMNS["solution"] if has_column(samples, name)), None)
        chosen["gold_solution"] = gold
        chosen["solution"] = names.solution if names.solution != gold else None
    if chosen["solution"] == chosen["gold_solution"] and names.solution is None:
        chosen["solution"] = None
    if chosen["question"] is None:
        raise _missing(samples, "question", origin)
    if chosen["answer"] is None and chosen["gold_solution"] is None:
        raise _missing(samples, "answer", origin)
    question = chosen.pop("question")
    assert question is not None
    return Layout(kind, question, **chosen)


def to_problem(row: Row, number: int, layout: Layout, naming: Naming) -> Problem:
    """Make the problem of one row. Raises BadRow."""
    question = _text(row, layout.question)
    if not question:
        raise BadRow(f"has no question (column {layout.question!r})")
    answer, gold = _gold(row, layout)
    solution = None
    if layout.solution is not None:
        if look_up(row, layout.solution) is None:
            raise BadRow(f"has no solution (column {layout.solution!r})")
        solution = strip_marks(_text(row, layout.solution))
    level = _level(_text(row, layout.level) if layout.level else "", layout.kind)
    wanted = _text(row, layout.id) if layout.id else ""
    return Problem(
        id=naming.id_for(wanted, number),
        question=question,
        answer=answer,
        gold_solution=gold,
        gold_steps=split_steps(gold),
        subject=_text(row, layout.subject) if layout.subject else "",
        level=level,
        source=naming.source,
        solution=solution,
    )


def question_of(row: Row, layout: Layout) -> str:
    """Only the question; "" where there is none. For those who look at many rows and take few."""
    try:
        return _text(row, layout.question)
    except BadRow:
        return ""


def strip_marks(text: str) -> str:
    """The text without calculator marks."""
    return _CALCULATOR.sub("", text)


def split_final_line(text: str) -> tuple[str, str | None]:
    """(the text without its final-answer line, the answer on it or None). The last `####` line, else a closing `A:`."""
    match = None
    for match in _HASH_LINE.finditer(text):  # noqa: B007 - the last one is what is wanted
        pass
    match = match or _A_LINE.search(text)
    if match is None:
        return text.strip(), None
    return (text[: match.start()].rstrip() + text[match.end() :].rstrip()).strip(), clean_answer(match["answer"])


def clean_answer(answer: str) -> str:
    """`$1,450.` becomes `1450`; what is no plain number stays as it is."""
    answer = answer.strip()
    bare = answer.removesuffix(".")
    return bare.replace(",", "").replace("$", "") if _PLAIN_NUMBER.fullmatch(bare) else answer


def closest(wanted: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?`, or "" when nothing is near."""
    names = {name.lower(): name for name in known}
    near = difflib.get_close_matches(wanted.lower(), names, n=1)
    return f'; did you mean "{names[near[0]]}"?' if near else ""


def _column(samples: Sequence[Row], role: str, named: str | None, origin: str) -> str | None:
    if named is None:
        return next((name for name in USUAL_COLUMNS[role] if has_column(samples, name)), None)
    if has_column(samples, named):
        return named
    known = column_names(samples)
    raise UserError(
        f'{origin} has no column "{named}"{closest(named, known)}',
        f"name one of its columns: --set problems.columns.{role}=COLUMN; there are {_listed(known)}",
    )


def _detect(samples: Sequence[Row], chosen: Mapping[str, str | None], names: ColumnNames) -> Kind:
    """GSM8K by the final lines of most answers, MATH by its columns, unless a column of solutions was named."""
    answer = chosen["answer"]
    answers = [look_up(row, answer) for row in samples] if answer else []
    texts = [text for text in answers if isinstance(text, str)]
    full = [text for text in texts if "\n" in text.strip() and split_final_line(text)[1] is not None]
    if 2 * len(full) > len(texts):  # most, not all: one broken row must not make the others plain answers
        return "gsm8k"
    named = names.solution is not None or chosen["gold_solution"] is not None
    if chosen["question"] == "problem" and chosen["solution"] is not None and not named:
        return "math"
    return "generic"


def _missing(samples: Sequence[Row], role: str, origin: str) -> UserError:
    return UserError(
        f"{origin} has no column for the {role}: none is named {', '.join(USUAL_COLUMNS[role])}",
        f"say which it is: --set problems.columns.{role}=COLUMN; there are {_listed(column_names(samples))}",
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"{', '.join(names[:12])}{more}" if names else "no columns at all"


def _gold(row: Row, layout: Layout) -> tuple[str, str]:
    """(the answer, the gold solution without marks and final line)."""
    given = strip_marks(_text(row, layout.answer)) if layout.answer else ""
    gold = strip_marks(_text(row, layout.gold_solution)) if layout.gold_solution else ""
    before, final = split_final_line(given)
    if final is not None:  # GSM8K, or a plain file that copies its way
        return final, split_final_line(gold)[0] or before
    if layout.kind == "gsm8k":
        raise BadRow(f'has no final line "#### ANSWER" (column {layout.answer!r})')
    body, at_the_end = split_final_line(gold)
    boxes = boxed_contents(gold)
    answer = clean_answer(given) or at_the_end or (boxes[-1][1] if boxes else "")
    # Two rows of MATH have an empty box: they are kept, and nothing is right for them.
    if not answer and not (layout.kind == "math" and boxes):
        raise BadRow(f"has no answer (column {layout.answer or layout.gold_solution!r})")
    return answer, body


def _text(row: Row, column: str | None) -> str:
    """The value as text; "" where there is none. Raises BadRow for what is no text and no number."""
    value = look_up(row, column) if column else None
    if value is None:
        return ""
    if isinstance(value, str):
        return _HALF_CHARACTER.sub("\ufffd", value).strip()
    if isinstance(value, float) and not math.isfinite(value):
        return ""  # how tables write a gap into JSON
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if isinstance(value, Mapping):
        keys = ", ".join(f"{column}.{key}" for key in list(value)[:4])
        raise BadRow(f"has an object in column {column!r}, not text; a column inside of it is named {keys}")
    raise BadRow(f"has a {type(value).__name__} in column {column!r}, not text")


def _level(text: str, kind: Kind) -> str:
    if match := _LEVEL.fullmatch(text.strip()):
        return match[1]
    return "" if kind == "math" or text.strip().lower() in _NO_LEVEL else text


def without_solution(names: ColumnNames) -> ColumnNames:
    """The same names without the students' solutions, which a train split need not have."""
    return names.model_copy(update={"solution": None})
