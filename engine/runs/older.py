"""Events of earlier versions, as the bodies that this version writes: a run of every released version opens for ever.

Bodies come in and go out as JSON objects; what is wrong in them is refused by `engine.runs.events.decode`, as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.words import outcome_of

Body = dict[str, Any]

SCORES = ("published", "coverage", "extra", "tokens")
FACTS = (
    "verdict", "rule", "predicted", "answer", "quadrant", "divergence", "subject", "level", "symbolic", "judge",
)  # fmt: skip


def item_of_sample(body: Body) -> Body:
    """Version 1 told of a graded answer as a Sample, with a field for each score and fact."""
    facts = {name: body[name] for name in FACTS if body.get(name)}
    facts |= {name: "yes" for name in ("truncated", "merged") if body.get(name) is True}
    return {
        **{name: body[name] for name in ("seq", "t", "v", "stage", "id", "index", "offset")},
        "type": "Item",
        "outcome": outcome_of(body["verdict"], body.get("truncated") is True),
        "scores": {name: body[name] for name in SCORES if body.get(name) is not None},
        "facts": facts,
    }


OLDER: dict[str, Callable[[Body], Body]] = {"Sample": item_of_sample}
"""Type of an event that is written no more -> how to read it."""
