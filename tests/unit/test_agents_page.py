"""AGENTS.md and README.md name only what there is, and keep to their length."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README_LINES, AGENTS_LINES = 250, 110
_QUOTED = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|md|toml|svg))")
_LINK = re.compile(r"\]\(([^)#:]+)\)")
MADE = {"results.jsonl", "summary.csv", "report.md", "recipe.toml"}
"""Files of a run, and of reports."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_path_that_the_page_for_developers_names_is_there() -> None:
    named = [path for path in _QUOTED.findall(text_of("AGENTS.md")) if _PATH.fullmatch(path)]
    assert len(named) > 40
    assert [path for path in named if not (ROOT / path).exists() and path not in MADE] == ["screen.py"]


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = _LINK.findall(text_of("README.md"))
    assert [link for link in links if link.endswith(".svg")]
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_both_pages_keep_to_their_length() -> None:
    assert len(text_of("README.md").splitlines()) < README_LINES
    assert len(text_of("AGENTS.md").splitlines()) <= AGENTS_LINES


def test_names_in_the_page_are_those_of_the_code() -> None:
    page = text_of("AGENTS.md")
    for name, place in {
        "finished_rows": "engine/context.py", "save_row": "engine/context.py", "MODES": "app/modes.py",
        "PANELS": "screens/run/panels.py", "ROW_KINDS": "engine/rows/kinds.py", "WANTED": "tests/every_recipe.py",
        "KINDS": "engine/recipes/model_reference.py", "ControlAcked": "engine/runs/events.py",
    }.items():  # fmt: skip
        assert name in page
        assert re.search(rf"\b{name}\b", text_of(place)), f"{place} has no {name}"
