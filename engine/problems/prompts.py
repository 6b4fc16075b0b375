"""Prompts: the instruction, the worked examples as earlier turns, the question; the same turns before every question.

The few-shot turns do not depend on the problem, so a backend encodes them once for a whole run.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.models.completion import Message, Prompt
from engine.problems.problem import Problem

PROMPT_VERSION = "1"
"""Stamped into every result row: raise it whenever a word of a prompt changes."""

INSTRUCTION = (
    "You are a careful math tutor. Solve the problem step by step. "
    "Write each step on its own line as a short sentence with its calculation. "
    "After the last step, write one more line: #### followed by the final answer alone."
)


def build_prompt(problem: Problem, examples: Sequence[Problem]) -> Prompt:
    """The turns that ask for a solution of `problem`, after `examples` (all worked: steps, then `#### answer`)."""
    turns = [Message("system", INSTRUCTION)]
    for example in examples:
        turns += [Message("user", example.question), Message("assistant", worked_solution(example))]
    return Prompt((*turns, Message("user", problem.question)))


def worked_solution(problem: Problem) -> str:
    """The gold solution in the form that the instruction asks for: a step a line, then `#### answer`."""
    return "\n".join((*problem.gold_steps, f"#### {problem.answer}"))
