"""What became of an item, each item exactly one of OUTCOMES: the one definition for engine, screens and reports."""

from __future__ import annotations

CUT_OFF = "truncated"
"""The outcome of an answer that the token limit ended before it could be right; people read "cut off"."""

OUTCOMES = ("right", "wrong", "unparsed", CUT_OFF)


def outcome_of(verdict: str, truncated: bool) -> str:
    """The verdict; an item that is not right and hit the token limit is cut off, whatever was parsed from it."""
    return CUT_OFF if truncated and verdict != "right" else verdict
