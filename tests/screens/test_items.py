"""Items without a screen: reading rows, filtering, browsing, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.compare.overrides import Override
from engine.errors import RunFailed
from engine.printable import printable
from engine.rows.graded import is_truncated
from engine.runs.directory import RunDirectory
from screens.items import text as item_text
from screens.items.browser import Browser
from screens.items.filter import ItemFilter, count_choices
from screens.items.grades import grade_entries
from screens.items.item import read_item
from screens.items.path import on_the_path, pairs_of, path_parts
from screens.quadrants.cloud import Cloud
from tests.screens.fake_runs import finished_run, item_of, many_samples, no_gold, sample_of, varied_row

RUN = RunDirectory(Path("/nowhere/run"))


def browsing(count: int = 16) -> Browser:
    browser = Browser()
    browser.follow(RUN, tuple(sample_of(varied_row(n), n) for n in range(count)))
    return browser


# -- reading


def test_a_row_is_read_with_everything_it_holds(tmp_path: Path) -> None:
    run = finished_run(tmp_path, 5)
    item = read_item(run.directory, run.state().items[3])
    row = varied_row(3)
    assert item.steps == tuple(row["steps"])
    assert item.matrix["cell"] == tuple(tuple(line) for line in row["matrix"]["cell"])
    assert [[move.kind, move.gold, move.student] for move in item.path] == row["path"]
    assert item.threshold == 0.7
    assert item.has_matrix


def test_a_row_without_optional_fields_is_no_error() -> None:
    item = item_of({"id": "x"})
    assert not item.has_matrix
    assert item.judge is None
    assert grade_entries(item, None)
    assert item_text.as_text(item)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"gold_steps": "text"}, "\"gold_steps\" is 'text', not a list of texts"),
        ({"matrix": {"cell": [[0.1]], "meaning": [], "values": []}}, "matrix.cell"),
        ({"matrix": [1]}, '"matrix" is [1], not an object'),
        ({"path": [["match", 9, 0]]}, "path names a step that is not there: ['match', 9, 0]"),
        ({"path": [["match"]]}, "path holds ['match'], not"),
        ({"scores": {"coverage": "high"}}, "scores.coverage is"),
        (
            {"first_divergence": {"student": 40, "gold": None, "reason": ""}},
            "first_divergence names a step that is not there",
        ),
        ({"tokens": "many"}, "many"),
    ],
)
def test_a_wrong_field_is_named_with_its_place(tmp_path: Path, changed: dict[str, Any], complaint: str) -> None:
    run = finished_run(tmp_path, rows=[varied_row(0), varied_row(1, **changed)])
    second_line = run.directory.results("evaluate").read_bytes().index(b"\n") + 1
    with pytest.raises(RunFailed) as caught:
        read_item(run.directory, sample_of(varied_row(1), second_line))
    assert complaint in caught.value.message
    assert "item 2 (gen-00001)" in caught.value.message
    assert caught.value.next_step


def test_a_file_that_is_gone_and_one_that_was_changed_are_different_errors(tmp_path: Path) -> None:
    run = finished_run(tmp_path, 2)
    path, sample = run.directory.results("evaluate"), run.state().items[1]
    path.write_bytes(path.read_bytes().replace(b'"id":"gen-00001"', b'"id":"gen-99999"'))
    with pytest.raises(RunFailed, match='is "gen-99999" instead'):
        read_item(run.directory, sample)
    path.unlink()
    with pytest.raises(RunFailed, match="the file is gone"):
        read_item(run.directory, sample)
    run.directory.path.rename(tmp_path / "elsewhere")
    with pytest.raises(RunFailed, match="the run's folder is gone") as caught:
        read_item(run.directory, sample)
    assert "resume" not in caught.value.next_step


def test_model_text_reaches_no_terminal() -> None:
    assert printable("a\u202eb\n\u2066c") == "ab\nc"
    assert printable("a\x1b[31mred\x1b[0m\x07\r\nb\x1b]0;title\x07c\td\u200bé数") == "ared\nbc  d\u200bé数"


# -- filtering and browsing


@pytest.mark.parametrize(
    ("chosen", "text", "wanted"),
    [
        (set(), "", lambda s: True),
        ({"robust"}, "", lambda s: s.fact("quadrant") == "robust"),
        ({"robust", "failure"}, "", lambda s: s.fact("quadrant") in ("robust", "failure")),
        ({"wrong"}, "", lambda s: s.fact("verdict") == "wrong"),
        ({"near-miss", "wrong"}, "", lambda s: s.fact("quadrant") == "near-miss" and s.fact("verdict") == "wrong"),
        (
            {"near-miss", "wrong", "unparsed"},
            "",
            lambda s: s.fact("quadrant") == "near-miss" and s.fact("verdict") != "right",
        ),
        ({"truncated"}, "", lambda s: is_truncated(s)),
        ({"truncated", "right"}, "", lambda s: is_truncated(s) and s.fact("verdict") == "right"),
        ({"lucky-guess", "wrong"}, "", lambda s: False),
        (set(), "GEN-0001", lambda s: s.id.startswith("gen-0001")),
        (
            {"right"},
            "4",
            lambda s: (
                s.fact("verdict") == "right" and ("4" in s.id or "4" in s.fact("predicted") or "4" in s.fact("answer"))
            ),
        ),
    ],
)
def test_a_filter_takes_any_in_a_group_and_all_groups_together(chosen: set[str], text: str, wanted: Any) -> None:
    samples = [sample_of(varied_row(n), n) for n in range(64)]
    chosen_filter = ItemFilter(frozenset(chosen), text)
    assert [s.index for s in samples if chosen_filter.matches(s)] == [s.index for s in samples if wanted(s)]


def test_overridden_items_are_found_and_leave_when_they_are_taken_back() -> None:
    samples = tuple(sample_of(varied_row(n), n) for n in range(8))
    mine = {("evaluate", samples[n].id): Override("evaluate", samples[n].id, "right") for n in (1, 2, 5)}
    wanted = ItemFilter(frozenset({"overridden"}))
    assert not any(wanted.matches(sample) for sample in samples)
    assert count_choices(samples, mine)["overridden"] == 3
    browser = Browser()
    browser.follow(RUN, samples, mine)
    browser.apply(wanted)
    assert browser.shown == [1, 2, 5]
    browser.choose(2)
    mine = {key: override for key, override in mine.items() if key[1] != samples[2].id}
    assert browser.follow(RUN, samples, dict(mine))
    assert browser.shown == [1, 5]
    assert browser.position == 5
    assert not browser.follow(RUN, samples, dict(mine))


def test_items_with_merged_steps_are_found() -> None:
    samples = [sample_of(varied_row(0), 0), sample_of(varied_row(1, **MERGED), 0)]
    assert [ItemFilter(frozenset({"merged"})).matches(sample) for sample in samples] == [False, True]
    assert count_choices(samples)["merged"] == 1
    assert ItemFilter(frozenset({"merged", "right"})).describe() == "right · merged steps"


def test_a_filter_describes_itself_in_words() -> None:
    assert ItemFilter(frozenset({"failure", "robust", "wrong", "truncated"}), "42").describe() == (
        'robust or failure · wrong · cut off · "42"'
    )
    assert not ItemFilter()


def test_choices_are_counted() -> None:
    counts = count_choices(many_samples(128))
    assert counts["right"] + counts["wrong"] + counts["unparsed"] == 128
    assert counts["robust"] + counts["near-miss"] + counts["lucky-guess"] + counts["failure"] == 128


def test_stepping_stays_among_the_shown() -> None:
    browser = browsing()
    browser.apply(ItemFilter(frozenset({"wrong"})))
    places = [browser.position]
    while browser.step(1):
        places.append(browser.position)
    assert places == browser.shown == [n for n in range(16) if varied_row(n)["verdict"] == "wrong"]
    assert browser.step(-1)
    assert not browser.step(0)


def test_a_filter_keeps_the_item_or_goes_to_the_next_that_passes() -> None:
    browser = browsing()
    browser.choose(4)  # right
    browser.apply(ItemFilter(frozenset({"right"})))
    assert browser.position == 4
    browser.apply(ItemFilter(frozenset({"wrong"})))
    assert browser.position == 5
    browser.apply(ItemFilter(text="nobody"))
    assert browser.sample is None
    browser.apply(ItemFilter())
    assert browser.position == 5


def test_choosing_a_hidden_item_gives_the_filter_up() -> None:
    browser = browsing()
    browser.apply(ItemFilter(frozenset({"wrong"})))
    browser.choose(0)
    assert browser.position == 0
    assert not browser.filter


def test_a_growing_run_adds_rows_and_an_expected_item_is_reached_when_it_comes() -> None:
    samples = tuple(sample_of(varied_row(n), n) for n in range(12))
    browser = Browser()
    browser.choose(9)
    assert browser.follow(RUN, samples[:3])
    assert browser.position == 0
    assert not browser.follow(RUN, samples[:6])
    assert browser.shown == list(range(6))
    browser.follow(RUN, samples)
    assert browser.position == 9
    assert browser.follow(RunDirectory(Path("/nowhere/other")), samples[:2])
    assert browser.position == 0


# -- words


def test_the_path_is_told_in_order_with_merges_and_skips() -> None:
    row = varied_row(0, path=[["skip-student", None, 0], ["match", 0, 1], ["match", 0, 2], ["skip-gold", 1, None],
                            ["match", 2, 3]])  # fmt: skip
    parts = [part.plain for part in path_parts(item_of(row))]
    assert parts == ["(s1 extra)", "g1=s2+s3", "(g2 not explained)", "g3=s4"]


MERGED: dict[str, Any] = {
    "path": [["match", 0, 0], ["merge", 0, 1], ["match", 1, 2], ["merge", 2, 2], ["skip-student", None, 3]],
    "first_divergence": None,
}
"""Steps 1 and 2 explain gold 1; step 3 explains gold 2 and 3; step 4 is extra."""


def test_merged_steps_say_what_they_explain_together() -> None:
    item = item_of(varied_row(0, **MERGED))
    assert [part.plain for part in path_parts(item)] == ["g1=s1+s2", "g2+g3=s3", "(s4 extra)"]
    assert [(s.sign.glyph, s.note) for s in item_text.student_steps(item)] == [
        ("✓", "= g1"), ("✓", "explains gold 1 together with step 1"), ("✓", "= g2, g3"), ("·", "extra"),
    ]  # fmt: skip
    assert [(s.sign.glyph, s.note) for s in item_text.gold_steps(item)] == [
        ("✓", ""), ("✓", ""), ("✓", "explained by step 3 together with gold 2"),
    ]  # fmt: skip
    assert pairs_of(item) == (frozenset({(0, 0), (1, 2)}), frozenset({(0, 1), (2, 2)}))
    assert on_the_path(item, 0, 1).plain == "✓ merged: g1=s2, explains gold 1 together with step 1"
    assert on_the_path(item, 2, 2).plain == "✓ merged: g3=s3, = g2, g3"
    assert on_the_path(item, 2, 0).plain == "not on it: g3=s3, g1=s1"
    assert "explains gold 1 together with step 1" in item_text.as_text(item)


def test_a_merge_before_its_match_is_the_same() -> None:
    item = item_of(varied_row(0, path=[["merge", 0, 0], ["match", 0, 1], ["match", 1, 2], ["match", 2, 3]]))
    assert path_parts(item)[0].plain == "g1=s1+s2"
    assert pairs_of(item)[1] == {(0, 0)}
    assert item_text.student_steps(item)[0].note == "explains gold 1 together with step 2"


def test_the_null_stands_in_the_header_where_the_row_has_one() -> None:
    for scores, wanted in (({"null": 0.21}, ["null 0.21"]), ({}, []), ({"null": None}, ["null –"])):
        row = varied_row(0)
        row["scores"] |= scores
        parts = [p.plain for p in item_text.header(sample_of(row, 0), 1, 1, item_of(row))]
        assert [part for part in parts if part.startswith("null")] == wanted
        assert [part.split()[0] for part in parts[3:]] == [
            name for name in ("coverage", "extra", "order-free", "null", "published") if name != "null" or wanted
        ]


def test_steps_carry_their_marks_and_the_reason_of_the_divergence() -> None:
    row = varied_row(0, path=[["match", 0, 1], ["skip-gold", 1, None], ["match", 2, 3]],
                   first_divergence={"student": 2, "gold": 1, "reason": "value 7 not derivable"})  # fmt: skip
    item = item_of(row)
    assert [(s.sign.glyph, s.note) for s in item_text.student_steps(item)] == [
        ("·", "extra"), ("✓", "= g1"), ("⚑", "value 7 not derivable"), ("✓", "= g3"),
    ]  # fmt: skip
    assert [s.sign.glyph for s in item_text.gold_steps(item)] == ["✓", "–", "✓"]


def test_a_solution_that_ends_early_is_flagged_at_the_gold_step() -> None:
    row = varied_row(0, path=[["match", 0, 1]], first_divergence={"student": None, "gold": 2, "reason": "ends early"})
    assert [(s.sign.glyph, s.note) for s in item_text.gold_steps(item_of(row))][2] == ("⚑", "ends early")


def test_common_numbers_ignore_the_thousands_comma() -> None:
    assert item_text.common_numbers("1,200 and 3.5 of 7", "that is 1200, 3.5 and 8.") == ["1,200", "3.5"]


# -- the cloud of the quadrants


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.7, 0.7001, many_samples(1)[0].score("coverage"), 1.0])
def test_counts_at_a_threshold_are_those_of_counting(threshold: float) -> None:
    samples = many_samples(300)
    cloud = Cloud()
    cloud.take(samples[:150])
    cloud.take(samples)
    high = [s for s in samples if (s.score("coverage") or 0.0) > threshold]
    low = [s for s in samples if (s.score("coverage") or 0.0) <= threshold]
    assert cloud.counts(threshold) == {
        "robust": sum(s.fact("verdict") == "right" for s in high),
        "near-miss": sum(s.fact("verdict") != "right" for s in high),
        "lucky-guess": sum(s.fact("verdict") == "right" for s in low),
        "failure": sum(s.fact("verdict") != "right" for s in low),
    }


def test_the_runs_own_quadrants_come_out_at_its_threshold() -> None:
    samples = many_samples(64)
    cloud = Cloud()
    cloud.take(samples)
    counts = cloud.counts(0.7)
    assert counts == {name: sum(s.fact("quadrant") == name for s in samples) for name in counts}


def test_neighbours_go_along_the_scores_and_across_the_bands() -> None:
    cloud = Cloud()
    cloud.take(many_samples(64))
    right = cloud.band("right")
    assert cloud.beside(right[3].position, 1) == right[4]
    assert cloud.beside(right[0].position, -1) == right[0]
    assert cloud.beside(right[0].position, 10_000) == right[-1]
    below = cloud.across(right[5].position, 1)
    assert below is not None
    assert below.band == "unparsed"
    assert abs(below.score - right[5].score) == min(abs(d.score - right[5].score) for d in cloud.band("unparsed"))
    assert cloud.across(right[5].position, -1) == right[5]


def test_items_without_a_score_are_counted_apart_and_empty_bands_are_jumped() -> None:
    cloud = Cloud()
    samples = [sample_of(row, 0) for row in (varied_row(0), no_gold(varied_row(1)), varied_row(2))]
    assert len(cloud.take(samples)) == 2
    assert cloud.unscored == 1
    below = cloud.across(0, 1)
    assert below is not None
    assert below.band == "wrong"
    assert Cloud().beside(0, 1) is None
