"""A line about every run of a folder, reading again only the runs whose files changed. Blocks: called in a thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.compare.cautions import flat, told_apart
from engine.compare.comparison import accuracy_of
from engine.compare.origin import origin_of
from engine.compare.overrides import Overlay, overlay_of, overrides_file, read_overrides, with_strays
from engine.runs.directory import RunDirectory, list_runs, read_record
from engine.runs.events import Item
from engine.runs.files import read_json
from engine.runs.notes import note_file, read_note
from engine.runs.overview import RunOverview, overview
from engine.runs.status import ENDED, why_crashed, why_unreadable
from engine.runs.tail import EventTail
from engine.statistics.figure import UNDEFINED, Figure

Stamp = tuple[tuple[int, int], ...]
"""Time and size of the files an overview is made from."""


@dataclass(frozen=True, slots=True)
class RunLine:
    """What the list shows of a run; `accuracy` is over the items finished so far (of several stages: of the last),
    `overlay` what humans say of them; `policy` is the model whose answers they are, `note` what a human keeps with the
    run, `apart` the settings that tell it from the other runs of its recipe."""

    overview: RunOverview
    policy: str = ""
    accuracy: Figure = UNDEFINED
    reason: str = ""
    overlay: Overlay = field(default_factory=Overlay)
    note: str = ""
    apart: str = ""

    @property
    def run(self) -> RunDirectory:
        return self.overview.run

    @property
    def live(self) -> bool:
        return self.overview.status not in ENDED


class OverviewReader:
    """Keeps what it read of ended runs; a live run is read each time, since its status depends on its process."""

    def __init__(self, runs_dir: Path) -> None:
        self.runs_dir = runs_dir
        self._kept: dict[Path, tuple[Stamp, RunLine]] = {}
        self._counts: dict[Path, _Counts] = {}
        self._settings: dict[Path, Mapping[str, Any]] = {}

    def read(self) -> list[RunLine]:
        """Newest first. Raises OSError where the folder cannot be read, which is not the same as holding no runs."""
        kept: dict[Path, tuple[Stamp, RunLine]] = {}
        for run in list_runs(self.runs_dir):
            stamp = _stamp(run)
            earlier = self._kept.get(run.path)
            if earlier is not None and earlier[0] == stamp and not earlier[1].live:
                kept[run.path] = earlier
            else:
                kept[run.path] = (stamp, self._line(run))
        self._kept = kept
        return self._told_apart([line for _, line in kept.values()])

    def _told_apart(self, lines: list[RunLine]) -> list[RunLine]:
        """The lines, each with the settings in which runs of its recipe differ."""
        by_recipe: dict[str, list[RunDirectory]] = {}
        for line in lines:
            if line.overview.record is not None:
                by_recipe.setdefault(line.overview.record.recipe, []).append(line.run)
        apart = {
            run.path: words
            for runs in by_recipe.values()
            for run, words in zip(runs, told_apart([self._settings_of(run) for run in runs]), strict=True)
        }
        return [replace(line, apart=apart.get(line.run.path, "")) for line in lines]

    def _settings_of(self, run: RunDirectory) -> Mapping[str, Any]:
        """What was asked of the run, which does not change."""
        if run.path not in self._settings:
            config = read_json(run.path / "config_resolved.json")
            self._settings[run.path] = flat(config) if isinstance(config, Mapping) else {}
        return self._settings[run.path]

    def _line(self, run: RunDirectory) -> RunLine:
        try:
            found = overview(run)
            overlay = self._overlay(run, found.status in ENDED)
            accuracy = _accuracy_of(found.headline)
            if accuracy.value is None:
                accuracy = self._counts_of(run).share()
        except OSError:
            return RunLine(RunOverview(run, read_record(run), "unreadable"), reason=why_unreadable(run))
        reason = found.reason
        if found.status == "unreadable":
            reason = why_unreadable(run)
        elif found.status == "crashed":
            reason = why_crashed(run, lines=1)
        return RunLine(found, origin_of(run).policy, accuracy, reason, overlay, read_note(run))

    def _overlay(self, run: RunDirectory, ended: bool) -> Overlay:
        """What humans overrode in the run; its items are read only where there is anything."""
        found = read_overrides(run)
        items = list(self._counts_of(run).items()) if found.by_item else []
        caution = with_strays(found.caution, items, found.by_item, ended=ended)
        return overlay_of((item for item in items if item.stage == items[-1].stage), found.by_item, caution)

    def _counts_of(self, run: RunDirectory) -> _Counts:
        return self._counts.setdefault(run.path, _Counts(run))


class _Counts:
    """The finished items of a run, taken from its events as they come."""

    def __init__(self, run: RunDirectory) -> None:
        self._tail = EventTail(run.events)
        self._items: dict[tuple[str, str], Item] = {}

    def items(self) -> Iterable[Item]:
        for recorded in self._tail.read_all():
            if isinstance(recorded.event, Item):
                self._items[recorded.event.key] = recorded.event
        return self._items.values()

    def share(self) -> Figure:
        """Of right items of the stage that made the last one, for a run that has no summary yet."""
        items = list(self.items())
        return accuracy_of(item for item in items if item.stage == items[-1].stage)


def _accuracy_of(headline: Any) -> Figure:
    value, interval = headline.get("accuracy"), headline.get("accuracy_interval")
    if not isinstance(value, int | float) or not isinstance(interval, list) or len(interval) != 2:
        return UNDEFINED
    if not all(isinstance(bound, int | float) for bound in interval):
        return UNDEFINED
    return Figure(value, interval[0], interval[1], int(headline.get("items") or 0))


def _stamp(run: RunDirectory) -> Stamp:
    stamp = []
    for path in (run.record, run.events, run.result, overrides_file(run), note_file(run)):
        try:
            status = path.stat()
            stamp.append((status.st_mtime_ns, status.st_size))
        except OSError:
            stamp.append((0, 0))
    return tuple(stamp)
