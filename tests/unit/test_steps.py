"""split_steps: what counts as a step, what is dropped, and what is never torn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.steps.sentences import split_sentences
from engine.steps.splitting import EMBEDDING_CLIP, STEP_LIMIT, embedding_text, split_steps
from tests.cost import cpu_seconds

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def test_gsm8k_solution_becomes_its_lines_without_marks_and_answer() -> None:
    text = "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\nShe sold 48+24 = <<48+24=72>>72 clips.\n#### 72"
    assert split_steps(text) == ("Natalia sold 48/2 = 24 clips in May.", "She sold 48+24 = 72 clips.")


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("Step 3: Add 2 and 3.", "Add 2 and 3."),
        ("**Step 3:** Add 2 and 3.", "Add 2 and 3."),
        ("### Step 3. Add 2 and 3.", "Add 2 and 3."),
        ("3. Add 2 and 3.", "Add 2 and 3."),
        ("3) Add 2 and 3.", "Add 2 and 3."),
        ("(a) Add 2 and 3.", "Add 2 and 3."),
        ("- Add 2 and 3.", "Add 2 and 3."),
        ("* **Add** 2 and 3.", "Add 2 and 3."),
        ("**Add 2 and 3.**", "Add 2 and 3."),
        ("Sure! Add 2 and 3.", "Add 2 and 3."),
        ("Then 2**3 + 4**2 = 24", "Then 2**3 + 4**2 = 24"),
        ("3.50 dollars are left.", "3.50 dollars are left."),
        ("-5 + 3 = -2", "-5 + 3 = -2"),
        ("Here is what we know: 3 apples.", "Here is what we know: 3 apples."),
        ("The answer is 18 because 2 * 9 = 18.", "The answer is 18 because 2 * 9 = 18."),
    ],
)
def test_a_line_loses_its_dress_and_keeps_its_content(line: str, step: str) -> None:
    assert split_steps(f"First 1 + 1 = 2.\n{line}\nLast 9.")[1] == step


@pytest.mark.parametrize(
    "line",
    [
        "", "   ", "---", "Sure, I can help!", "Here is the solution:", "Here's how we do it:",
        "Let's think step by step.", "Let's break it down:", "Solution:", "**Answer**", "Step 4:", "```",
        "To solve this problem, we need to follow these steps:", "#### 18", "A: 18", "Answer: 18", "**Answer:** 18",
        "The answer is 18.", "So the final answer is $18.", "$\\boxed{18}$", "<answer>18</answer>",
    ],
)  # fmt: skip
def test_chatter_and_pure_answers_are_no_steps(line: str) -> None:
    assert split_steps(f"First 1 + 1 = 2.\n{line}\nLast 9.") == ("First 1 + 1 = 2.", "Last 9.")


def test_one_line_is_split_into_sentences() -> None:
    text = "Mr. Smith buys 3 pens for $3.50 each. He pays 3 * 3.50 = $10.50. J. K. Rowe gets 2.5 lbs. of tea. Done!"
    assert split_steps(text) == (
        "Mr. Smith buys 3 pens for $3.50 each.",
        "He pays 3 * 3.50 = $10.50.",
        "J. K. Rowe gets 2.5 lbs. of tea.",
        "Done!",
    )


def test_numbered_steps_on_one_line_are_split_at_their_numbers() -> None:
    text = "1. First add 2 and 3. 2. Then double to get 10. Step 3: Subtract 1 to get 9."
    assert split_steps(text) == ("First add 2 and 3.", "Then double to get 10.", "Subtract 1 to get 9.")


def test_chatter_around_one_line_does_not_hide_that_it_is_one_line() -> None:
    assert split_steps("Sure, here is the solution:\nShe has 2 + 3 = 5. She loses 1 and has 4.\n#### 4") == (
        "She has 2 + 3 = 5.",
        "She loses 1 and has 4.",
    )


def test_displays_stay_whole_and_join_what_leads_to_them() -> None:
    text = (
        "Hence,\n\\begin{align*}\na &= b \\\\\n&= c.\n\\end{align*}\nso\n\\[\nx = 3.\n\\]\nIn total 4.\n\\[\ny = 5\n\\]"
    )
    assert split_steps(text) == (
        "Hence, \\begin{align*} a &= b \\\\ &= c. \\end{align*} so \\[ x = 3. \\]",
        "In total 4. \\[ y = 5 \\]",
    )


def test_a_chain_of_displays_is_a_chain_of_steps() -> None:
    assert split_steps("We have\n\\[x = 1\\]\n\\[y = 2\\]\n\\[z = 3\\]") == (
        "We have \\[x = 1\\]",
        "\\[y = 2\\]",
        "\\[z = 3\\]",
    )


def test_a_line_that_goes_on_with_an_equal_sign_belongs_to_the_one_before() -> None:
    assert split_steps("Total = 3 + 4\n= 7\nThen 7 * 2 = 14") == ("Total = 3 + 4 = 7", "Then 7 * 2 = 14")


def test_code_is_kept_in_one_piece() -> None:
    assert split_steps("Run:\n```python\nx = 3\ny = 4\n```\nIt prints 7.") == (
        "Run: ```python x = 3 y = 4 ```",
        "It prints 7.",
    )


def test_an_unclosed_display_tears_nothing_else() -> None:
    assert len(split_steps("Start 1.\n\\[ x = 2\nThen 3.\nThen 4.")) == 3


def test_a_thought_counts_only_where_nothing_else_was_written() -> None:
    assert split_steps("<think>hm 3 + 4\nor 5</think>So 3 + 4 = 7.\nThen 14.") == ("So 3 + 4 = 7.", "Then 14.")
    assert split_steps("<think>3 + 4 = 7.\nThen 14.") == ("3 + 4 = 7.", "Then 14.")
    assert split_steps("<reasoning>3 + 4 = 7.\nThen 14.</reasoning><answer>14</answer>") == ("3 + 4 = 7.", "Then 14.")
    assert split_steps("<answer>3 + 4 = 7.\nThen 14.</answer>") == ("3 + 4 = 7.", "Then 14.")


def test_an_answer_alone_is_no_chain() -> None:
    assert split_steps("#### 18") == split_steps("") == split_steps("\x00\n") == ()


def test_at_most_the_limit_of_steps_and_long_ones_are_clipped_for_the_embedding_only() -> None:
    steps = split_steps("x" * 5_000 + "\n" + "\n".join(f"Then {n}." for n in range(STEP_LIMIT + 50)))
    assert len(steps) == STEP_LIMIT
    assert len(steps[0]) == 5_000
    assert len(embedding_text(steps[0])) == EMBEDDING_CLIP


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab.1 \n$\\[]{}*_#<>/()answerthik:=-"), max_size=200))
def test_any_text_gives_clean_steps(text: str) -> None:
    for step in split_steps(text):
        assert step == step.strip()
        assert "\n" not in step
        assert any(character.isalnum() for character in step)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab.AB1 $\\[]!?", max_size=120))
def test_sentences_lose_nothing_but_space(line: str) -> None:
    assert "".join("".join(split_sentences(line)).split()) == "".join(line.split())


@pytest.mark.xdist_group("alone")
@pytest.mark.parametrize(
    "piece",
    [
        "{",
        "\\[",
        "$$ ",
        "**a",
        "<<",
        "<answer>",
        "a. ",
        "step ",
        "[asy]",
        "\n= 3",
        "\\begin{a}",
        " ",
        "so ",
        "<think>",
        "- ",
    ],
)
def test_long_hostile_text_is_split_in_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    assert cpu_seconds(lambda: split_steps(text), within=2) < 2


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not beside this checkout")
def test_every_gold_solution_of_gsm8k_and_math500_has_steps() -> None:
    gsm8k = [json.loads(line)["answer"] for line in (DATA / "gsm8k/test.jsonl").open(encoding="utf-8")]
    math = [json.loads(line)["solution"] for line in (DATA / "math500/test.jsonl").open(encoding="utf-8")]
    assert all(split_steps(text) for text in gsm8k + math)
    assert not any("####" in step or "<<" in step for text in gsm8k for step in split_steps(text))
