"""Why the model under test may not judge its own answers, and which setting allows it all the same."""

from __future__ import annotations

from engine.errors import Option, UserError


def own_judge(model: str, stage: str) -> UserError:
    """The refusal of a judge that is the policy; `stage` is the stage whose setting would allow it."""
    other = Option("models.judge", "MODEL", example=True)
    allowed = Option(f"{stage}.judge_may_be_policy", "true")
    return UserError(
        f"the judge is the model under test ({model}): a model that grades its own answers flatters itself",
        f"name another one, {other}, or allow it: {allowed}",
        options=(other, allowed),
    )
