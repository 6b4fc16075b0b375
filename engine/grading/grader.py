"""Grader: the verdict on a solution's final answer, by the cheapest rule that can tell.

Rules in order: no-answer; a refusal (too-long, too-deep, too-big, code); numeric (exact); string (spelling and words);
in a killable process, structure (own rules on the parsed answers), then math-verify. `unparsed` means that nothing
could be compared (no answer, refused, out of time, unreadable), `wrong` that two answers were compared and differ. The
optional judge is asked only where the rules did not say right. Verdicts are cached by (gold, answer, GRADER_VERSION).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Final

from engine.grading.extraction import extract_answer, gold_answer
from engine.grading.judge import JudgeQuestion, ask_judge, may_be_asked
from engine.grading.limits import CACHE_LIMIT, CPU_SECONDS, WALL_SECONDS, refusal
from engine.grading.numbers import based_value, decimal_comma, read_number, same_number
from engine.grading.pool import SymbolicPool
from engine.grading.spelling import beside_choice, choice_of, normal_form, same_short_words, words_of
from engine.grading.verdict import Extraction, Label, Verdict
from engine.models.completion import Checkpoint, Policy

RULES_VERSION = 4  # raise it with every change that can change a verdict


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


GRADER_VERSION: Final = (
    f"{RULES_VERSION}+math-verify-{_installed('math-verify')}"
    f"+latex2sympy2-extended-{_installed('latex2sympy2_extended')}"
)

_POINT = re.compile(r"\.[0-9]")

Decision = tuple[Label, str]  # label and the rule that decided
NO_ANSWER: Final[Decision] = ("unparsed", "no-answer")
_OUTCOMES: Final[dict[str, Decision]] = {
    "same": ("right", "structure"),
    "other": ("wrong", "structure"),
    "equal": ("right", "math-verify"),
    "different": ("wrong", "math-verify"),
}


@dataclass(frozen=True, slots=True)
class GradeRequest:
    """One solution to grade; `gold` is the gold answer alone, not the gold solution."""

    question: str
    gold: str
    solution: str


class Grader:
    """Grades batches; safe to use from any thread. Close it (or use `with`) to end its processes."""

    def __init__(
        self,
        workers: int = 2,
        timeout_s: float = CPU_SECONDS,
        judge: Policy | None = None,
        checkpoint: Checkpoint = lambda: None,
    ) -> None:
        """`timeout_s` is the processor time of one symbolic comparison; its wall time grows in proportion.
        `checkpoint` is called while the judge answers, and may raise to end that.
        """
        self._workers = max(1, workers)
        self._pool = SymbolicPool(
            self._workers, cpu_seconds=timeout_s, wall_seconds=timeout_s * WALL_SECONDS / CPU_SECONDS
        )
        self._judge = judge
        self._checkpoint = checkpoint
        self._cache: dict[tuple[str, str, str], Decision] = {}

    def __enter__(self) -> Grader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._pool.close()

    @property
    def processes(self) -> int:
        """Symbolic processes that run now; 0 until an answer needs one."""
        return self._pool.started

    def grade(self, pairs: Sequence[GradeRequest]) -> list[Verdict]:
        """One verdict a request, in order. Never raises for what a model wrote."""
        return self.grade_extracted(pairs, [extract_answer(pair.solution) for pair in pairs])

    def grade_extracted(self, pairs: Sequence[GradeRequest], extractions: Sequence[Extraction]) -> list[Verdict]:
        """The same with answers that were extracted before (re-grading stored rows)."""
        golds = [gold_answer(pair.gold) for pair in pairs]
        answers = [
            None if found.text is None else beside_choice(gold, found.text)
            for gold, found in zip(golds, extractions, strict=True)
        ]
        decisions = self._decide_all(list(zip(golds, answers, strict=True)))
        verdicts = [
            Verdict(label, rule, found.text or "", found.parsed_from, symbolic=label)
            for (label, rule), found in zip(decisions, extractions, strict=True)
        ]
        return verdicts if self._judge is None else self._judged(self._judge, pairs, verdicts)

    def _decide_all(self, pairs: list[tuple[str, str | None]]) -> list[Decision]:
        """Each distinct pair once; those for the symbolic rule in parallel."""
        decided: dict[tuple[str, str | None], Decision] = {}
        undecided: list[tuple[str, str]] = []
        for gold, answer in dict.fromkeys(pairs):
            key = (gold, answer or "", GRADER_VERSION)
            decision = NO_ANSWER if answer is None else self._cache.get(key) or decide(gold, answer)
            if decision is not None:
                decided[gold, answer] = decision
            elif answer is not None:
                undecided.append((gold, answer))
        decided.update(zip(undecided, self._symbolic(undecided), strict=True))
        for (gold, answer), decision in decided.items():
            if answer is not None:
                self._remember(gold, answer, decision)
        return [decided[pair] for pair in pairs]

    def _symbolic(self, pairs: list[tuple[str, str]]) -> list[Decision]:
        if len(pairs) < 2:
            return [_from_outcome(self._pool.compare(gold, answer)) for gold, answer in pairs]
        with ThreadPoolExecutor(self._workers, thread_name_prefix="grading") as threads:
            return [_from_outcome(outcome) for outcome in threads.map(lambda pair: self._pool.compare(*pair), pairs)]

    def _remember(self, gold: str, answer: str, decision: Decision) -> None:
        if len(self._cache) >= CACHE_LIMIT:
            self._cache.pop(next(iter(self._cache)), None)
        self._cache[gold, answer, GRADER_VERSION] = decision

    def _judged(self, judge: Policy, pairs: Sequence[GradeRequest], verdicts: list[Verdict]) -> list[Verdict]:
        """Ask the judge about answers that the rules did not call right; a reply it cannot read changes nothing."""
        asked = [
            index
            for index, (pair, verdict) in enumerate(zip(pairs, verdicts, strict=True))
            if verdict.symbolic != "right" and may_be_asked(pair.gold, verdict.predicted)
        ]
        questions = [
            JudgeQuestion(pairs[index].question, pairs[index].gold, verdicts[index].predicted) for index in asked
        ]
        distinct = list(dict.fromkeys(questions))
        labels = dict(zip(distinct, ask_judge(judge, distinct, self._checkpoint), strict=True)) if distinct else {}
        for index, question in zip(asked, questions, strict=True):
            label = labels[question]
            verdict = replace(verdicts[index], judge=label)
            verdicts[index] = verdict if label == "unparsed" else replace(verdict, label=label, rule="judge")
        return verdicts


def decide(gold: str, answer: str) -> Decision | None:
    """The verdict of the rules that need no process; None where only the symbolic rule can tell."""
    refused = refusal(answer)
    if refused is not None:
        return "unparsed", refused
    expected, given = read_number(gold), read_number(answer)
    if expected is not None and given is not None:
        same = same_number(expected, given)
        if same is not None:
            return ("right" if same else "wrong"), "numeric"
    if expected is not None and given is None and not expected.percent and _POINT.search(gold):
        comma = decimal_comma(answer)  # never the gold's: "1,2" is a list there
        if comma is not None and comma.value == expected.value:
            return "right", "numeric"
    based, other = based_value(gold), based_value(answer)
    if based is not None and other is not None:  # the grammar drops the base
        return ("right" if based == other else "wrong"), "numeric"
    spelled = normal_form(answer)
    if spelled and spelled == normal_form(gold):
        return "right", "string"
    choice = choice_of(gold, alone=True)
    if choice is not None and choice_of(answer) == choice:
        return "right", "string"
    if same_short_words(gold, answer):
        return "right", "string"
    gold_words, words = words_of(gold), words_of(answer)
    if gold_words is not None and words is not None:
        return ("right" if gold_words == words else "wrong"), "string"
    if (gold_words is not None and given is not None) or (words is not None and expected is not None):
        return "wrong", "string"
    refused = refusal(gold)
    return None if refused is None else ("unparsed", f"gold-{refused}")


def judge_flips(verdicts: Sequence[Verdict]) -> int:
    """How many final labels the judge changed."""
    return sum(verdict.label != verdict.symbolic for verdict in verdicts)


def _from_outcome(outcome: str) -> Decision:
    return _OUTCOMES.get(outcome) or ("unparsed", outcome.split(":", 1)[0])
