"""Reading data files: formats, damage, and which file of a folder is meant."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.problems.tables import find_split, read_rows, stem, train_beside

ROWS = [{"question": f"q{number}", "answer": str(number)} for number in range(5)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def write(path: Path, text: str | bytes) -> Path:
    content = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", LINES),
        ("a.jsonl.gz", LINES),
        ("A.JSONL", LINES.replace("\n", "\r\n")),
        ("a.jsonl", "\ufeff" + LINES.rstrip("\n")),
        ("a.jsonl", LINES.replace("\n", "\n\n   \n")),
        ("a.json", json.dumps(ROWS, indent=2)),
        ("a.json.gz", json.dumps(ROWS)),
        ("a.json", json.dumps({"version": 1, "data": ROWS})),
        ("a.json", LINES),
    ],
)
def test_every_usual_form_gives_the_same_rows(tmp_path: Path, name: str, text: str) -> None:
    rows = list(read_rows(write(tmp_path / name, text)))
    assert [row.columns for row in rows] == ROWS
    assert [row.number for row in rows] == list(range(5))
    assert not any(row.fault for row in rows)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b'{"question": "q",', "is not JSON"),
        (b"[1, 2]", "is not a JSON object"),
        (b'{"question": "\xff\xfe"}', "is not UTF-8"),
        (b'{"a": ' + b"9" * 6_000 + b"}", "is not JSON"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_a_bad_line_is_handed_on_with_its_place_and_the_others_stay(tmp_path: Path, line: bytes, fault: str) -> None:
    good = LINES.encode().splitlines()
    path = write(tmp_path / "data.jsonl", b"\n".join([*good[:2], b"", line, *good[2:]]))
    rows = list(read_rows(path))
    assert [row.columns for row in rows if not row.fault] == ROWS
    (bad,) = [row for row in rows if row.fault]
    assert fault in bad.fault
    assert bad.place == f"{path}:4"


def test_a_large_file_is_streamed(tmp_path: Path) -> None:
    path = write(tmp_path / "data.jsonl", LINES)
    rows = read_rows(path)
    assert next(rows).columns == ROWS[0]
    rows.close()  # type: ignore[attr-defined]  # a generator: nothing after the first row was read


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.jsonl", None, "there is no file"),
        ("a.csv", b"question,answer", "no data file this program reads"),
        ("a.json", b"42", "neither a JSON array nor JSON lines"),
        ("a.json", b'{"question": "q"', "is not JSON"),
        ("b.json", b"", "is not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_error(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        list(read_rows(path))
    assert str(path) in caught.value.message
    assert caught.value.next_step


@pytest.mark.parametrize("damage", ["cut", "flipped", "not gzip"])
def test_a_damaged_archive_is_one_clear_error(tmp_path: Path, damage: str) -> None:
    path = write(tmp_path / "a.jsonl.gz", LINES * 200)
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(
        {"cut": content[:half], "flipped": content[:half] + b"\0" * 40 + content[half + 40 :], "not gzip": b"hello"}[
            damage
        ]
    )
    with pytest.raises(UserError, match="cannot be read"):
        list(read_rows(path))


def test_the_stem_drops_both_suffixes() -> None:
    assert [stem(Path(name)) for name in ("test.jsonl.gz", "a.b.json", "x.txt")] == ["test", "a.b", "x"]


def folder(tmp_path: Path, *names: str) -> Path:
    for name in names:
        write(tmp_path / name, LINES)
    return tmp_path


@pytest.mark.parametrize(
    ("names", "split", "hint", "expected"),
    [
        (("train.jsonl", "test.jsonl"), "test", "", "test.jsonl"),
        (("train.jsonl", "test.jsonl"), "train", "", "train.jsonl"),
        (("test.jsonl.gz", "test.jsonl"), "test", "", "test.jsonl"),
        (("math_hard_test.jsonl", "test.jsonl.gz"), "test", "", "test.jsonl.gz"),
        (("math_hard_test.jsonl", "test.jsonl.gz"), "test", "hard", "math_hard_test.jsonl"),
        (("gsm8k-test.json", "notes.txt"), "test", "", "gsm8k-test.json"),
        (("mine.jsonl",), "test", "", "mine.jsonl"),
    ],
)
def test_a_folder_gives_the_file_of_its_split(
    tmp_path: Path, names: tuple[str, ...], split: str, hint: str, expected: str
) -> None:
    assert find_split(folder(tmp_path, *names), split, hint).name == expected  # type: ignore[arg-type]  # parametrized


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "holds no data file"),
        (("notes.txt",), "holds no data file"),
        (("train.jsonl",), "no file in"),
        (("contest.jsonl", "other.jsonl"), "no file in"),
        (("a_test.jsonl", "b_test.jsonl"), "several files"),
    ],
)
def test_a_folder_without_one_fitting_file_says_what_is_there(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        find_split(folder(tmp_path, *names), "test")
    assert all(name in caught.value.message for name in names if name.endswith(".jsonl"))
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("names", "file", "expected"),
    [
        (("train.jsonl", "test.jsonl"), "test.jsonl", "train.jsonl"),
        (("train.jsonl.gz", "test.jsonl"), "test.jsonl", "train.jsonl.gz"),
        (("x_train.jsonl", "x_test.jsonl", "train.jsonl"), "x_test.jsonl", "x_train.jsonl"),
        (("train.jsonl", "math_hard_test.jsonl"), "math_hard_test.jsonl", "train.jsonl"),
        (("train.jsonl", "solutions.jsonl"), "solutions.jsonl", None),
        (("test.jsonl",), "test.jsonl", None),
    ],
)
def test_the_train_split_is_looked_for_beside_a_test_file_only(
    tmp_path: Path, names: tuple[str, ...], file: str, expected: str | None
) -> None:
    found = train_beside(folder(tmp_path, *names) / file)
    assert (found and found.name) == expected
