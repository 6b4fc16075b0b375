"""The nouns of an alignment that a row keeps: moves of the path, and where a student first leaves the gold solution.

Standard library only: the aligner makes them, rows hold them, screens show them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

MoveKind = Literal["match", "skip-gold", "skip-student", "merge"]
MOVE_KINDS: tuple[str, ...] = get_args(MoveKind)
DivergenceKind = Literal["arithmetic", "contradiction", "underivable", "missing", "unlike"]

Matrix = tuple[tuple[float, ...], ...]
"""n gold x m student steps; rows are gold steps."""


@dataclass(frozen=True, slots=True)
class Move:
    """One move of the path; gold and student are 0-based step numbers, None where that side is skipped.

    "merge" is a further student step of the gold step that is matched just before, or a further gold step of the
    student step that is: the two explain (or are explained) together.
    """

    kind: MoveKind
    gold: int | None
    student: int | None

    @property
    def pair(self) -> tuple[int, int] | None:
        """(gold, student) where the move ties two steps."""
        if self.kind not in ("match", "merge") or self.gold is None or self.student is None:
            return None
        return self.gold, self.student


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where the student first leaves the gold: 0-based student step (None: it ended early), aligned gold step, why.

    `kind` is the reason in one word, `reason` says it with the numbers.
    """

    student: int | None
    gold: int | None
    reason: str
    kind: DivergenceKind | None = None

    def to_json(self) -> dict[str, Any]:
        named = {"student": self.student, "gold": self.gold, "reason": self.reason}
        return named | ({"kind": self.kind} if self.kind else {})

    def __str__(self) -> str:
        """For people, counted from 1: "step 2: value 35 not derivable"."""
        if self.student is not None:
            return f"step {self.student + 1}: {self.reason}" if self.reason else f"step {self.student + 1}"
        # A chain that ended early has no step to name; its reason says already before which gold step.
        return self.reason or (f"ends before gold step {self.gold + 1}" if self.gold is not None else "ends early")
