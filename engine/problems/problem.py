"""Problem: a question with its gold answer and gold reasoning; the noun that every other room passes around."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_PLAIN_QUOTES = str.maketrans({"‘": "'", "’": "'", "‚": "'", "`": "'", "“": '"', "”": '"', "„": '"'})


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. `solution` is a given student solution (score-solutions), else None.

    `gold_solution` is the gold text with calculator marks and the final-answer line removed;
    `gold_steps` are its steps; `level` is "" where the source has none.
    """

    id: str
    question: str
    answer: str
    gold_solution: str
    gold_steps: tuple[str, ...]
    subject: str = ""
    level: str = ""
    source: str = ""
    solution: str | None = None


def question_key(question: str) -> str:
    """The question without what typesetting changes (case, spaces, quotes): equal keys mean the same question."""
    text = unicodedata.normalize("NFKC", question).translate(_PLAIN_QUOTES).casefold()
    return "".join(text.split())
