"""What `--batch` writes to stdout: the run's summary as text, or one JSON object a line.

JSON lines: {"type": "run", ...} first, {"type": "item", ...} for each finished item as it is finished (on --resume
those of before as well), {"type": "summary", ...} last, with the counts of the last stage that has items and, under
`stages`, of each. Paths are absolute; fields are only ever added.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from engine.compare.comparison import accuracy_of
from engine.printable import printable
from engine.rows.graded import YES, count_items
from engine.runs.directory import RunDirectory, read_record
from engine.runs.events import Item
from engine.runs.files import read_json
from engine.runs.state import RunState
from engine.runs.status import Status
from engine.statistics.wording import WHOLE_PERCENT, shown
from engine.words import CUT_OFF, QUADRANT, VERDICT

TEXT = "text"
"""The artifact that a report makes for terminals: the table of items, quadrants, accuracy and one heat map."""


FIGURE = "figure:"
"""In the names of pictures, of which only their folder is told."""


class Output(Protocol):
    """What the follower tells: the run once, each item once, the end once."""

    def run(self, run: RunDirectory, state: RunState) -> None: ...

    def item(self, item: Item) -> None: ...

    def end(self, run: RunDirectory, state: RunState, status: Status, exit_code: int, reason: str) -> None: ...


class TextOutput:
    """Nothing while the run goes on; the summary at its end."""

    def run(self, run: RunDirectory, state: RunState) -> None:
        """Text has no header: stderr named the run."""

    def item(self, item: Item) -> None:
        """Items come in the table at the end."""

    def end(self, run: RunDirectory, state: RunState, status: Status, exit_code: int, reason: str) -> None:
        paths = artifact_paths(run, state)
        shown = paths.pop(TEXT, None)
        text = shown.read_text(encoding="utf-8") if shown and shown.is_file() else counts_text(state)
        width = _terminal_width()
        for line in text.rstrip("\n").split("\n"):
            print(printable(_clipped(line, width) if width else line))
        if paths:
            print()
        drawn = {name: path for name, path in paths.items() if FIGURE in name}
        for name, path in paths.items():
            if name not in drawn:
                print(f"{name:<8} {path}")
        for folder, count in Counter(path.parent for path in drawn.values()).items():
            print(f"{'figures':<8} {folder}{os.sep} ({count})")
        sys.stdout.flush()


class JsonOutput:
    """One JSON object a line, each flushed."""

    def run(self, run: RunDirectory, state: RunState) -> None:
        record = read_record(run)
        _write(
            "run", id=run.id, path=str(run.path), recipe=state.recipe, preset=state.preset, seed=state.seed,
            models=dict(state.models), versions=dict(state.versions), stages=[stage.name for stage in state.stages],
            created=record.created if record else None, estimate_gb=state.estimate_gb,
        )  # fmt: skip

    def item(self, item: Item) -> None:
        _write("item", **(_told_before(item) | asdict(item)))

    def end(self, run: RunDirectory, state: RunState, status: Status, exit_code: int, reason: str) -> None:
        result = read_json(run.result)
        result = result if isinstance(result, dict) else {}
        finished, last = state.finished, state.in_focus.items
        _write(
            "summary", id=run.id, path=str(run.path), status=status, exit_code=exit_code, reason=reason,
            next_step=finished.next_step if finished else "", items=len(last), **asdict(count_items(last)),
            stages=_by_stage(state), summary=result.get("summary") or {},
            figures=result.get("figures") or {},
            artifacts={name: str(path) for name, path in artifact_paths(run, state).items()},
        )  # fmt: skip


def artifact_paths(run: RunDirectory, state: RunState) -> dict[str, Path]:
    """Name -> absolute path of everything the finished stages made; what several call the same has its stage before
    it (`base.results`), and the bare name is the last one's."""
    made = [(stage.name, name, run.path / path) for stage in state.stages for name, path in stage.artifacts.items()]
    times = Counter(name for _, name, _ in made)
    bare = {name: path for _, name, path in made}
    return {**bare, **{f"{stage}.{name}": path for stage, name, path in made if times[name] > 1}}


def _by_stage(state: RunState) -> dict[str, Any]:
    """The counts of each stage with items."""
    return {
        stage.name: {"items": len(stage.items), **asdict(count_items(stage.items))}
        for stage in state.stages
        if stage.items
    }


def counts_text(state: RunState) -> str:
    """The finished items in numbers, for a run that made no report (yet): each stage by itself."""
    with_items = [stage for stage in state.stages if stage.items]
    if not with_items:
        return "no item is finished"
    if len(with_items) == 1:
        return _counts_of(with_items[0].items)
    return "\n".join(f"{stage.name}: {_counts_of(stage.items)}" for stage in with_items)


def _counts_of(items: Sequence[Item]) -> str:
    share, counts = accuracy_of(items), count_items(items)
    words = [f"{VERDICT[v].word} {counts.verdicts.get(v, 0)}" for v in VERDICT]
    quadrants = [f"{QUADRANT[q]} {counts.quadrants.get(q, 0)}" for q in QUADRANT]
    accuracy = f"accuracy {shown(share, WHOLE_PERCENT)}"
    return (
        f"{share.n} items finished · {accuracy} · {', '.join(words)}, {CUT_OFF.word} {counts.truncated}\n"
        f"{' · '.join(quadrants)}"
    )


_ALWAYS_TOLD = (
    "verdict", "rule", "predicted", "answer", "quadrant", "divergence", "subject", "level", "symbolic", "judge",
)  # fmt: skip


def _told_before(item: Item) -> dict[str, Any]:
    """The fields that a line of an item has had since the first version, beside the tables of the item itself."""
    facts: dict[str, Any] = {name: item.fact(name) for name in _ALWAYS_TOLD}
    scores = {name: item.score(name) for name in ("published", "coverage", "extra")}
    flags = {name: item.fact(name) == YES for name in ("truncated", "merged")}
    return facts | scores | flags | {"tokens": item.score("tokens") or 0}


def _terminal_width() -> int:
    """Columns of the terminal that shows stdout; 0 where stdout is a file or a pipe, which keep whole lines."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 0
    except (OSError, ValueError):
        return 0


def _clipped(line: str, width: int) -> str:
    """The line in at most `width` columns, wide characters counted as two."""
    from rich.cells import cell_len, set_cell_size

    return line if cell_len(line) <= width else set_cell_size(line, width - 1) + "…"


def _write(kind: str, /, **fields: Any) -> None:
    body: Mapping[str, Any] = {"type": kind, **fields}
    print(_ABOVE_ASCII.sub(_escaped, json.dumps(body, ensure_ascii=False, default=str)), flush=True)


_ABOVE_ASCII = re.compile("[\x7f-\x9f\ud800-\udfff]")
"""Control characters that JSON lets stand as they are, and half characters, which no stream can write."""


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
