"""load_problems: sources, filters, the pool that is never evaluated, and one clear error for each bad input."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.problems.generator import generate
from engine.problems.problem import question_key
from tests.cost import cpu_seconds
from tests.engine.problem_files import gsm8k_row, load, math_row, write


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def gsm8k(tmp_path: Path) -> Path:
    """A folder as the set is published: train and test."""
    folder = tmp_path / "gsm8k"
    write(folder / "train.jsonl", [gsm8k_row(number, "train") for number in range(40)])
    write(folder / "test.jsonl", [gsm8k_row(number) for number in range(30)])
    return folder


@pytest.fixture
def mathematics(tmp_path: Path) -> Path:
    subjects = ("Algebra", "Counting & Probability", "Geometry")
    folder = tmp_path / "math"
    for split, offset in (("train", 1_000), ("test", 0)):
        rows = [math_row(offset + number, number % 5 + 1, subjects[number % 3]) for number in range(45)]
        write(folder / f"{split}.jsonl", rows)
    return folder


# --- embedded ---


def test_embedded_problems_come_with_a_pool_from_another_stream(cache: Path) -> None:
    found = load(cache, limit=60)
    assert found.problems == tuple(generate(60, 42))
    assert len(found.pool.examples) == 8
    assert not {question_key(p.question) for p in found.problems} & found.pool.questions()
    assert found.warnings == ()


def test_the_pool_is_the_same_whatever_the_seed_and_the_filters(cache: Path, gsm8k: Path) -> None:
    first = load(cache, seed=1, limit=3)
    second = load(cache, seed=2, limit=9, levels=(3,), shuffle=True)
    assert first.pool == second.pool
    assert first.problems[0] != second.problems[0]
    of_file = load(cache, path=str(gsm8k))
    assert load(cache, seed=9, path=str(gsm8k), limit=2, shuffle=True).pool == of_file.pool


def test_without_a_limit_the_endless_generator_gives_the_demo(cache: Path) -> None:
    assert len(load(cache).problems) == 24


def test_embedded_filters(cache: Path) -> None:
    assert {p.level for p in load(cache, levels=(1, 3), limit=10).problems} == {"1", "3"}
    assert {p.subject for p in load(cache, subjects=("Money", "time"), limit=10).problems} <= {"money", "time"}
    ids = ("embedded-2-000004", "embedded-1-000000")
    chosen = load(cache, ids=ids).problems
    assert {p.id for p in chosen} == set(ids)
    assert chosen[0] == generate(1, 42, (1,))[0]
    train = load(cache, split="train", limit=30).problems
    assert all(p.id.startswith("embedded-train-") for p in train)


def test_shuffling_the_embedded_problems_is_seeded(cache: Path) -> None:
    plain, shuffled = load(cache, limit=20).problems, load(cache, limit=20, shuffle=True).problems
    assert shuffled != plain
    assert set(shuffled) == set(plain)
    assert shuffled == load(cache, limit=20, shuffle=True).problems


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"levels": (4,)}, "no level 4"),
        ({"subjects": ("mony",)}, 'did you mean "money"'),
        ({"ids": ("embedded-9-000001",)}, 'the id "embedded-9-000001"'),
        ({"ids": ("embedded-train-1-000001",)}, "no embedded test problem"),
        ({"ids": ("embedded-1-000001",), "levels": (2,)}, "no embedded problem"),
        ({"source": "jsonl"}, "needs a file"),
    ],
)
def test_embedded_settings_that_fit_nothing_are_one_clear_error(
    cache: Path, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError) as caught:
        load(cache, **settings)
    assert message in caught.value.message
    assert caught.value.next_step


# --- files ---


def test_a_folder_or_file_of_gsm8k_takes_its_pool_from_the_train_split(cache: Path, gsm8k: Path) -> None:
    for path in (gsm8k, gsm8k / "test.jsonl"):
        found = load(cache, path=str(path))
        assert len(found.problems) == 30
        assert found.problems[4].id == "gsm8k-test-00004"
        assert found.problems[4].answer == "5"
        assert found.problems[4].gold_steps == ("There are 4+1=5.", "That is all.")
        assert found.problems[4].source == "gsm8k/test"
        assert all("train" in example.question for example in found.pool.examples)
        assert found.pool.origin == str(gsm8k / "train.jsonl")
        assert found.warnings == ()


def test_a_named_source_with_a_path_keeps_its_name(cache: Path, gsm8k: Path) -> None:
    found = load(cache, source="gsm8k", path=str(gsm8k), split="train")
    assert found.problems[0].source == "gsm8k"
    assert found.problems[0].id.startswith("gsm8k-train-")


def test_the_train_split_loses_its_pool_and_says_so(cache: Path, gsm8k: Path) -> None:
    test, train = load(cache, path=str(gsm8k)), load(cache, path=str(gsm8k), split="train")
    assert test.pool.examples == train.pool.examples
    assert len(train.problems) == 40 - 8
    assert not {p.question for p in train.problems} & {p.question for p in train.pool.examples}
    assert "8 problems" in train.warnings[0]


def test_a_file_without_a_train_split_gives_eight_of_its_own(cache: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", [gsm8k_row(number) for number in range(20)])
    found = load(cache, path=str(path))
    assert len(found.problems) == 12
    assert not {question_key(p.question) for p in found.problems} & found.pool.questions()
    assert "no train split" in found.warnings[0]
    assert load(cache, path=str(path)) == found
    everything = load(cache, path=str(path), with_pool=False)
    assert (len(everything.problems), everything.pool.examples, everything.warnings) == (20, (), ())


@pytest.mark.parametrize("rows", [1, 15])
def test_a_small_file_keeps_all_of_its_problems(cache: Path, tmp_path: Path, rows: int) -> None:
    path = write(tmp_path / "mine.jsonl", [gsm8k_row(number) for number in range(rows)])
    found = load(cache, path=str(path))
    assert (len(found.problems), found.pool.examples) == (rows, ())


def test_solutions_that_are_to_be_scored_stay_complete(cache: Path, tmp_path: Path) -> None:
    rows = [{**gsm8k_row(number), "solution": f"It is <<1>>{number}"} for number in range(40)]
    found = load(cache, path=str(write(tmp_path / "mine.jsonl", rows)), source="jsonl")
    assert len(found.problems) == 40
    assert found.problems[3].solution == "It is 3"
    assert found.problems[3].gold_steps
    assert (found.pool.examples, found.warnings) == ((), ())


def test_a_test_question_that_is_also_a_few_shot_example_is_left_out(cache: Path, gsm8k: Path) -> None:
    shown = load(cache, path=str(gsm8k)).pool.examples[0]
    copy = {"question": shown.question.upper().replace(" ", "  "), "answer": "a\n#### 1"}
    write(gsm8k / "test.jsonl", [copy, *(gsm8k_row(number) for number in range(5))])
    found = load(cache, path=str(gsm8k))
    assert len(found.problems) == 5
    assert "left out" in found.warnings[0]


def test_a_broken_train_split_costs_the_pool_only(cache: Path, gsm8k: Path) -> None:
    (gsm8k / "train.jsonl").write_text('{"other": 1}\n')
    found = load(cache, path=str(gsm8k))
    assert len(found.problems) == 30
    assert found.pool.examples == ()
    assert "no few-shot pool" in found.warnings[0]


def test_the_columns_of_the_test_file_need_not_be_those_of_the_train_file(cache: Path, gsm8k: Path) -> None:
    rows = [{"ask": f"Number {n}?", "truth": str(n), "m": {"solution": "s"}} for n in range(20)]
    path = write(gsm8k / "solutions_test.jsonl", rows)
    columns = {"question": "ask", "answer": "truth", "solution": "m.solution"}
    found = load(cache, path=str(path), source="jsonl", columns=columns)
    assert (len(found.problems), len(found.pool.examples)) == (20, 8)


def test_math_files_filter_by_level_and_subject(cache: Path, mathematics: Path) -> None:
    path = str(mathematics)
    assert {p.level for p in load(cache, path=path, levels=(2, 3)).problems} == {"2", "3"}
    for written in ("Counting & Probability", "counting_and_probability", "COUNTING AND PROBABILITY"):
        assert {p.subject for p in load(cache, path=path, subjects=(written,)).problems} == {"Counting & Probability"}
    both = load(cache, path=path, levels=(1,), subjects=("algebra",)).problems
    assert {(p.level, p.subject) for p in both} == {("1", "Algebra")}
    hard = load(cache, path=path, source="math-hard")
    assert len(hard.problems) == 9
    assert {p.level for p in hard.problems} == {"5"}


def test_ids_limit_and_shuffle(cache: Path, gsm8k: Path) -> None:
    path = str(gsm8k)
    everything = load(cache, path=path).problems
    assert load(cache, path=path, limit=7).problems == everything[:7]
    ids = ("gsm8k-test-00021", "gsm8k-test-00003")
    assert [p.id for p in load(cache, path=path, ids=ids).problems] == ["gsm8k-test-00003", "gsm8k-test-00021"]
    shuffled = load(cache, path=path, shuffle=True).problems
    assert shuffled != everything
    assert set(shuffled) == set(everything)
    assert load(cache, path=path, shuffle=True, limit=7).problems == shuffled[:7], "the limit comes after the shuffle"
    assert load(cache, seed=1, path=path, shuffle=True).problems != shuffled


def test_a_limit_reads_no_further_than_it_must(cache: Path, gsm8k: Path) -> None:
    with (gsm8k / "test.jsonl").open("a") as file:
        file.write("not json\n")
    assert len(load(cache, path=str(gsm8k), limit=5).problems) == 5


@pytest.mark.xdist_group("alone")
def test_ten_thousand_rows_cost_well_under_two_seconds(cache: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "gsm8k" / "test.jsonl", [gsm8k_row(number) for number in range(10_000)])
    write(path.parent / "train.jsonl", [gsm8k_row(number, "train") for number in range(100)])
    read: list[int] = []

    def load_anew() -> None:
        read.append(len(load(cache / str(len(read)), path=str(path)).problems))

    assert cpu_seconds(load_anew, within=2) < 2
    assert set(read) == {10_000}


# --- bad input ---


def bad_file(tmp_path: Path) -> Path:
    rows = [json.dumps(gsm8k_row(number)) for number in range(9)]
    rows[3] = '{"question": "torn'
    rows[6] = json.dumps({"question": "No final line?", "answer": "Two\nlines"})
    return write(tmp_path / "mine.jsonl", rows)


def test_a_bad_row_is_one_error_with_file_line_and_way_out(cache: Path, tmp_path: Path) -> None:
    path = bad_file(tmp_path)
    with pytest.raises(UserError, match="is not JSON") as caught:
        load(cache, path=str(path))
    assert caught.value.message.startswith(f"{path}:4 ")
    assert "--set problems.on_bad_row=skip" in caught.value.next_step


def test_bad_rows_can_be_skipped_and_are_reported(cache: Path, tmp_path: Path) -> None:
    found = load(cache, path=str(bad_file(tmp_path)), on_bad_row="skip")
    assert len(found.problems) == 7
    assert found.problems[3].id.endswith("-00004"), "ids keep the row's place"
    (warning,) = found.warnings
    assert "skipped 2 bad rows" in warning
    assert ":4 is not JSON" in warning
    assert ":7 has no final line" in warning


def test_a_double_id_is_renamed_and_reported(cache: Path, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{**gsm8k_row(number), "id": number // 2} for number in range(6)]
    found = load(cache, path=str(write(tmp_path / "mine.jsonl", rows)))
    assert [p.id for p in found.problems] == ["0", "0-2", "1", "1-2", "2", "2-2"]
    assert "3 rows" in found.warnings[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n  \n", "is empty"),
        ("nonsense\n", "mine.jsonl:1 is not JSON"),
        ("[1]\n", "is not a JSON object"),
    ],
)
def test_a_file_without_a_row_is_one_clear_error(cache: Path, tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(content)
    for on_bad_row in ("error", "skip"):
        with pytest.raises(UserError) as caught:
            load(cache, path=str(path), on_bad_row=on_bad_row)
        assert message in caught.value.message
        assert caught.value.next_step


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"levels": (9,)}, "has the level 9"),
        ({"subjects": ("Algbra",)}, 'did you mean "Algebra"'),
        ({"subjects": ("Algebra", "Cooking")}, 'subject "Cooking"'),
        ({"ids": ("math-test-99999",)}, 'the id "math-test-99999"'),
        ({"ids": ("math-test-00000",), "levels": (2,)}, "no problem fits all"),
        ({"path": "/nowhere/at/all.jsonl"}, "no file or folder /nowhere/at/all.jsonl"),
        ({"columns": {"question": "problm"}}, 'did you mean "problem"'),
    ],
)
def test_settings_that_fit_nothing_are_one_clear_error(
    cache: Path, mathematics: Path, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError) as caught:
        load(cache, **{"path": str(mathematics), **settings})
    assert message in caught.value.message
    assert caught.value.next_step


def test_an_id_of_a_few_shot_example_is_explained(cache: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", [gsm8k_row(number) for number in range(20)])
    example = load(cache, path=str(path)).pool.examples[0].id
    with pytest.raises(UserError, match="one of the few-shot examples"):
        load(cache, path=str(path), ids=(example,))


def test_a_split_that_a_file_overrules_is_reported(cache: Path, gsm8k: Path) -> None:
    found = load(cache, path=str(gsm8k / "test.jsonl"), split="train", with_pool=False)
    assert "changes nothing" in found.warnings[0]


def test_nothing_heavy_is_imported_for_files_and_the_generator(gsm8k: Path) -> None:
    import subprocess

    code = (
        "import sys, pathlib; from engine.problems.problem_set import load_problems;"
        "from engine.recipes.sections import ProblemSettings;"
        f"load_problems(ProblemSettings(path={str(gsm8k)!r}), 42, pathlib.Path({str(gsm8k / 'c')!r}));"
        "load_problems(ProblemSettings(), 42, pathlib.Path('/nonexistent'));"
        "print([m for m in ('torch', 'transformers', 'datasets', 'numpy', 'textual') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
