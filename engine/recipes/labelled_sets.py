"""The sets of labelled chains that a validation measures on, with their files; standard library only."""

from __future__ import annotations

from pathlib import Path

LABELLED_SETS = {
    "GSM8K": ("gsm8k/example_model_solutions.jsonl",),
    "ProcessBench": ("processbench/gsm8k.jsonl", "gsm8k/test.jsonl"),
    "CHAMP": ("champ/fws_annotations.jsonl",),
}


def missing_files(data: Path, files: tuple[str, ...]) -> list[str]:
    """Which of the files are not in the folder."""
    return [name for name in files if not (data / name).is_file()]


def missing_sets(data: str) -> dict[str, list[str]]:
    """The labelled sets that the folder does not hold whole, with the files that are not there."""
    absent = {name: missing_files(Path(data), files) for name, files in LABELLED_SETS.items()}
    return {name: files for name, files in absent.items() if files}
