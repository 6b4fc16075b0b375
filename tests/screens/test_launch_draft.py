"""What stands behind Launch, without a screen: the draft, the question to the engine, its answer, memory lines."""

from __future__ import annotations

import pytest

from engine.errors import EnvironmentMissing, MathReasonError, UserError
from engine.runs.asking import read_answer
from screens import consulting
from screens.consulting import Estimate, machine_line, parse_answer
from screens.launch.draft import load_shelf, make_draft, memory_question
from screens.launch.memory_lines import memory_lines, solid_bar
from screens.launch.recipe_form import next_choice
from tests.screens.fake_engine import HARDWARE, TERMS

pytestmark = pytest.mark.usefixtures("fixed_presets")


def test_an_edit_that_changes_nothing_is_none() -> None:
    demo = load_shelf().recipes[0]
    draft = make_draft(demo, None, {"problems.limit": "24", "seed": "7"})
    assert draft.edits == {"seed": "7"}
    assert draft.command == "mathreason-tui --batch demo --preset cpu --set seed=7"


def test_a_wrong_edit_names_its_key() -> None:
    with pytest.raises(UserError, match=r"^problems\.limit"):
        make_draft(load_shelf().recipes[0], "cpu", {"problems.limit": "many"})


def test_the_question_leaves_open_what_nobody_chose() -> None:
    shelf = load_shelf()
    realign = next(recipe for recipe in shelf.recipes if recipe.name == "realign")
    question = memory_question(make_draft(realign, "cpu", {"hardware.batch_size": "3"}), shelf, None)
    assert question["recipe"]["models"]["policy"] is None
    assert question["recipe"]["hardware"] == {"batch_size": 3}
    chosen = memory_question(make_draft(realign, "cpu", {"models.policy": "hf:ORG/NAME"}), shelf, HARDWARE)
    assert chosen["recipe"]["models"]["policy"] == "hf:ORG/NAME"
    assert chosen["hardware"] == HARDWARE


async def test_the_engine_itself_answers_the_question() -> None:
    shelf = load_shelf()
    answer = await consulting.estimate_memory(memory_question(make_draft(shelf.recipes[0], None, {}), shelf, None))
    assert set(answer.estimates) == {preset.name for preset in shelf.presets}
    assert isinstance(answer.estimates["cpu"], Estimate)
    assert "cores" in machine_line(answer.hardware)


@pytest.mark.parametrize(
    "out", [b"", b"[]", b'{"hardware": {}}', b'{"hardware": {}, "estimates": {"cpu": {"fit": 1}}}']
)
def test_a_foreign_answer_is_an_error_with_a_next_step(out: bytes) -> None:
    with pytest.raises(EnvironmentMissing, match="no answer about this machine") as caught:
        parse_answer(read_answer(out, "Traceback\nboom\n", consulting.WORDS))
    assert "--doctor" in caught.value.next_step


def test_an_error_answer_keeps_its_words() -> None:
    with pytest.raises(MathReasonError) as caught:
        read_answer(b'{"error": "no recipe", "next_step": "send one"}', "")
    assert (caught.value.message, caught.value.next_step) == ("no recipe", "send one")


def test_a_preset_without_an_estimate_says_why() -> None:
    answer = parse_answer({"hardware": {}, "estimates": {"cpu": {"error": "unknown model", "next_step": "n"}}})
    assert answer.estimates == {"cpu": "unknown model n"}


def test_memory_lines_fit_the_width_and_name_what_helps() -> None:
    estimate = Estimate(TERMS, 30.0, 23.5, "does not fit", "needs 30.0 GB", "hardware.dtype=bfloat16 helps")
    for width in (30, 46, 78, 120):
        lines = [line if isinstance(line, str) else line.plain for line in memory_lines(estimate, width)]
        assert all(len(line) <= width for line in lines[2:])
        assert lines[0].startswith("✗ does not fit  30.0 of 23.5 GB")
        assert lines[1] == "try: hardware.dtype=bfloat16 helps"
        assert lines[2].startswith("libraries")


@pytest.mark.parametrize(("share", "bar"), [(0.0, ""), (0.001, "▏"), (0.5, "██"), (0.53, "██▏"), (1.0, "████")])
def test_a_bar_shows_a_sliver_of_what_is_not_nothing(share: float, bar: str) -> None:
    assert solid_bar(share, 4) == bar


def test_choices_go_around() -> None:
    assert next_choice(("a", "b", "c"), "c", 1) == "a"
    assert next_choice(("a", "b", "c"), "a", -1) == "c"
    assert next_choice(("a", "b", "c"), "other", 1) == "a"


def test_the_machine_in_a_few_words() -> None:
    assert machine_line(HARDWARE) == "cpu · 2 cores · 22 GB free"
    card = {"cores": 16, "ram_gb": 128.0, "devices": [{"kind": "cuda", "name": "H100", "memory_gb": 79.6}]}
    assert machine_line(card) == "H100 80 GB · 16 cores · 128 GB free"
