"""Why the model under test may not judge its own answers, and which setting allows it all the same."""

from __future__ import annotations

from engine.errors import UserError


def own_judge(model: str, stage: str) -> UserError:
    """The refusal of a judge that is the policy; `stage` is the stage whose setting would allow it."""
    return UserError(
        f"the judge is the model under test ({model}): a model that grades its own answers flatters itself",
        f"name another one, --set models.judge=MODEL, or allow it: --set {stage}.judge_may_be_policy=true",
    )
