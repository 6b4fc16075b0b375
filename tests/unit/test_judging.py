"""The judge apart from the policy: who may judge, whose tokens count, and what it turned."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import pytest

from engine.errors import UserError
from engine.evaluation.judging import flips, flips_text
from engine.evaluation.summary import summarise
from engine.grading.judge import Judge, JudgeQuestion, ask_judge, refuse_own_judge, without_judge
from engine.models.completion import Checkpoint, Completion, GenerationProgress, Prompt, Sampling
from engine.recipes.loading import require_complete, resolve
from engine.reports.folder import summary_csv
from tests.row_table import make_row


class CountingPolicy:
    """Says EQUAL to everything, two tokens a time, and counts like a real policy."""

    name, fingerprint = "counting", "f1"
    notes: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.answered = 0

    def complete(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        keys: Sequence[str] = (),
        rows_at_once: int | None = None,
        finished: Collection[str] = (),
        checkpoint: Checkpoint = lambda: None,
    ) -> Iterator[Completion]:
        for index, _ in enumerate(prompts):
            self.answered += 1
            yield Completion(index, "EQUAL", 2, 10, False, 0.5)

    def progress(self) -> GenerationProgress:
        return GenerationProgress(2 * self.answered, 10 * self.answered, self.answered, self.answered / 2)

    def close(self) -> None:
        raise AssertionError("whoever loaded the policy closes it")


QUESTIONS = [JudgeQuestion("q", "18", str(n)) for n in range(3)]


def test_what_a_judge_generates_is_not_the_policys() -> None:
    policy = CountingPolicy()
    judge = Judge(policy)
    list(policy.complete([Prompt(())] * 5, Sampling(4)))
    assert ask_judge(judge, QUESTIONS) == ["right"] * 3
    assert judge.progress() == GenerationProgress(6, 30, 3, 1.5)
    assert without_judge(policy, judge) == GenerationProgress(10, 50, 5, 2.5)
    judge.close()


def test_another_models_judging_is_nobodys_business() -> None:
    policy, judge = CountingPolicy(), Judge(CountingPolicy())
    ask_judge(judge, QUESTIONS)
    assert without_judge(policy, judge) == without_judge(policy, None) == policy.progress()


def test_a_judge_with_the_weights_of_the_policy_is_refused_unless_allowed() -> None:
    judge = Judge(CountingPolicy())
    refuse_own_judge(judge, {"f2"}, False, "evaluate")
    refuse_own_judge(judge, {"f1", "f2"}, True, "evaluate")
    with pytest.raises(UserError, match="model under test") as caught:
        refuse_own_judge(judge, {"f1", "f2"}, False, "second")
    assert "--set second.judge_may_be_policy=true" in caught.value.next_step


def test_a_judge_that_is_called_like_the_policy_is_refused_before_the_launch() -> None:
    own = "models.judge=embedded:smollm2-135m-instruct"
    with pytest.raises(UserError, match="model under test") as caught:
        require_complete(resolve("demo", None, [own]))
    assert "--set evaluate.judge_may_be_policy=true" in caught.value.next_step
    require_complete(resolve("demo", None, [own, "evaluate.judge_may_be_policy=true"]))
    require_complete(resolve("demo", None, ["models.judge=hf:A/B"]))


JUDGED = [
    make_row(0, "right"),
    make_row(1, "right", symbolic="wrong", judge="right", rule="judge"),
    make_row(2, "right", symbolic="wrong", judge="right", rule="judge"),
    make_row(3, "wrong", symbolic="unparsed", judge="wrong", rule="judge"),
    make_row(4, "wrong", judge="unparsed"),
]


def test_flips_are_counted_by_what_became_what() -> None:
    assert flips(JUDGED) == {"wrong to right": 2, "unparsed to wrong": 1}
    assert flips_text(flips(JUDGED)) == "3 verdicts (wrong to right 2, unparsed to wrong 1)"
    assert flips_text({"wrong to right": 1}) == "1 verdict (wrong to right 1)"
    assert flips_text({}) == "0 verdicts"


def test_a_summary_gives_the_accuracy_under_each_grader_and_the_flips() -> None:
    summary = summarise(JUDGED)
    assert (summary.accuracy.value, summary.symbolic.value) == (0.6, 0.2)
    assert (summary.judge.value, summary.judge.n) == (0.5, 4)
    assert summary.judge_flips == 3
    lines = summary_csv(summary).splitlines()
    assert any(line.startswith("accuracy,all,0.6,") for line in lines)
    assert any(line.startswith("accuracy_symbolic,all,0.2,") for line in lines)
    assert any(line.startswith("judge_flips,all,3,") for line in lines)
    assert any(line.startswith("judge_flips,wrong to right,2,") for line in lines)
