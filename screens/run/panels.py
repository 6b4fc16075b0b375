"""What the panels of a run say: pure functions from what there is to know of a stage to lines.

PANELS is the table of them, by the names in which a kind of stage asks for them (`engine.stages`): a new panel is an
entry here. Where there is nothing yet, it says what it waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from textual.content import Content

from engine.compare.overrides import Overlay
from engine.runs.series import Series
from engine.runs.state import NO_STAGE, RunState, StageState
from engine.runs.status import ENDED, Status
from engine.stages import recorded_kind
from engine.statistics.wording import WHOLE_PERCENT, shown_bounds, shown_value
from engine.words import BAR_FULL, OUTCOME, QUADRANT, STATUS, UNKNOWN, VERDICT, Sign, bar_parts, duration
from screens.run.tally import RunTally

BLOCKS = "▁▂▃▄▅▆▇█"
LEAST_BAR = 12
"""Cells of a bar beside which the quadrants' long names are still worth their room."""


def styled(text: str, style: str) -> Content:
    """Plain text (never markup) in a style."""
    return Content.styled(text, style)


def joined(parts: Sequence[Content | str], between: str = " · ") -> Content:
    """The parts that say something, with a separator."""
    made = [Content(part) if isinstance(part, str) else part for part in parts]
    return Content(between).join([part for part in made if part.plain])


def headline(run_id: str, state: RunState, status: Status, now: float, note: str = "") -> Content:
    """Status, run, how long it took and how long it will take."""
    sign = STATUS.get(status, UNKNOWN)
    live = status not in ENDED
    seconds = state.took_s(now if live else None)
    took = "" if seconds is None else duration(seconds)
    stage = state.current_stage
    left = stage.eta_s(now) if status == "running" and stage is not None and stage.done < (stage.total or 0) else None
    return joined(
        [
            styled(str(sign), f"bold ${sign.color}"),
            styled(note, "$warning"),
            styled(run_id, "bold"),
            took,
            f"ETA {duration(left)}" if left is not None else "",
            f"on {state.preset}" if state.preset else "",
        ]
    )


def progress_line(state: RunState, width: int) -> Content:
    """Which stage of how many, a bar, done of total, and what it is doing."""
    stage = state.current_stage
    if stage is None:
        ended = "ended before its first stage" if state.finished else "waiting for the worker to begin its first stage"
        return styled(ended, "$foreground-muted")
    place = next((i for i, s in enumerate(state.stages, 1) if s.name == stage.name), 1)
    left = f"stage {place}/{max(len(state.stages), 1)} {stage.name} "
    unit = "" if stage.total and stage.unit == "items" else f" {stage.unit}"
    count = (f" {stage.done:,}/{stage.total:,}" if stage.total else f" {stage.done:,}") + unit
    right = count + (f"  {stage.note}" if stage.note else "")
    room = max(8, min(60, width - len(left) - len(right)))
    done = stage.done / stage.total if stage.total else 0.0
    return Content(left) + bar(done, room) + Content(count) + styled(right[len(count) :], "$foreground-muted")


def bar(share: float, width: int, color: str = "primary") -> Content:
    """A bar that is `share` full."""
    full, empty = bar_parts(share, width)
    return styled(full, f"${color}") + styled(empty, "$border")


@dataclass(frozen=True, slots=True)
class View:
    """What a panel may tell of: the run, its stage in focus, the counts over that stage's items, what humans say of
    them; and the cells of a line."""

    state: RunState
    stage: StageState = NO_STAGE
    tally: RunTally = field(default_factory=RunTally)
    overlay: Overlay = field(default_factory=Overlay)
    width: int = 0


Lines = list[Content | str]


@dataclass(frozen=True, slots=True)
class PanelKind:
    """One panel: its `lines`, and what it `awaits` where there are none; lines `below` in any case, and a `subtitle`
    for a panel of so many cells."""

    title: str
    lines: Callable[[View], Lines]
    awaits: str
    below: Callable[[View], Lines] = lambda view: []
    subtitle: Callable[[View], str] = lambda view: ""

    def told(self, view: View) -> Lines:
        """All that it says now."""
        return [*(self.lines(view) or waiting(view.state, self.awaits)), *self.below(view)]


def accuracy_lines(view: View) -> Lines:
    """The share of right answers with its 95 % interval, and what became of the others."""
    tally = view.tally
    share = tally.accuracy
    if share.value is None:
        return []
    by = f"right by: symbolic {tally.rules['symbolic']:,}"
    if tally.rules["judge"] or tally.flips:  # a judge also turns unparsed into wrong
        by = f"symbolic {tally.rules['symbolic']:,}  judge {tally.rules['judge']:,}  flips {tally.flips:,}"
    return [
        styled(shown_value(share, WHOLE_PERCENT), "bold") + Content(f"  {shown_bounds(share, WHOLE_PERCENT)}"),
        _counted(VERDICT["right"], f"{tally.outcomes['right']:,} of {share.n:,}"),
        *(_counted(OUTCOME[name], f"{tally.outcomes[name]:,}") for name in OUTCOME if name != "right"),
        styled(by, "$foreground-muted"),
    ]


def overlay_words(overlay: Overlay, width: int) -> str:
    """What the accuracy is with the humans' verdicts, as much of it as there is room for."""
    return next((form for form in overlay.forms if len(form) + 2 <= width), next(reversed(overlay.forms), ""))


def _counted(sign: Sign, count: str) -> Content:
    return styled(sign.glyph, f"${sign.color}") + Content(f" {sign.word} {count}")


def quadrant_lines(view: View) -> Lines:
    """How many items fall into each quadrant, with bars."""
    tally, width = view.tally, view.width
    total = tally.quadrants.total()
    if not total:
        said = ("no gold solutions:", "nothing to align with") if tally.total else ()
        return [styled(line, "$foreground-muted") for line in said]
    lines: Lines = []
    longest = max(len(sign.word) for sign in QUADRANT.values())
    room_for_all = width >= longest + len(f"{total:,}") + LEAST_BAR
    for name, sign in QUADRANT.items():
        count = tally.quadrants[name]
        word = f"{sign.word:<{longest + 1}}" if room_for_all else f"{sign.word.partition(' (')[0]:<12}"
        label = styled(sign.glyph, f"${sign.color}") + Content(f" {word}{count:>{len(f'{total:,}')},}")
        room = max(0, width - label.cell_length - 1)
        lines.append(label + styled(f" {BAR_FULL * round(count / total * room)}" if room else "", f"${sign.color}"))
    return lines


def speed_lines(view: View) -> Lines:
    """Tokens a second now and over time, and the prefix tokens that were not computed again."""
    stage, width = view.stage, view.width
    series = stage.series.get("speed.tokens_per_second")
    if series is None or series.last is None:
        return []
    lines: Lines = [
        styled(f"{series.last:,.0f}", "bold") + Content(" tok/s"),
        styled(sparkline(series, width), "$primary"),
    ]
    tokens, reused = stage.last("speed.tokens"), stage.last("speed.prefix_tokens_reused")
    if tokens is not None:
        lines.append(f"{tokens:,.0f} new tokens")
    if reused:
        told = f"{reused:,.0f} prefix tokens reused"
        lines.append(told if len(told) <= width else f"{reused:,.0f} reused")
    return lines


def machine_lines(view: View) -> Lines:
    """What the worker costs the machine: the peak is marked where it is far above the estimate."""
    state = view.state
    cpu, rss = _last(state, "machine.cpu_percent"), _last(state, "machine.rss_gb")
    peak = _last(state, "machine.peak_gb")
    lines: Lines = []
    if cpu is not None:
        lines.append(f"cpu {cpu:.0f} %")
    if rss is not None:
        lines.append(f"memory {rss:.1f} GB")
    if peak is not None:
        over = state.estimate_gb is not None and peak > state.estimate_gb * 1.25
        lines.append(styled(f"peak {peak:.1f} GB" + (" ▲" if over else ""), "$warning" if over else ""))
    return lines


def estimate_lines(view: View) -> Lines:
    """What the worker was thought to take, to stand beside what it takes."""
    estimate = view.state.estimate_gb
    return [f"estimate {estimate:.1f} GB" if estimate is not None else "no estimate"]


def waiting(state: RunState, what: str) -> Lines:
    """What an empty panel waits for, and what the stage does meanwhile."""
    if state.finished is not None:
        return [styled("none", "$foreground-muted"), styled(f"ended before {what}", "$foreground-muted")]
    stage = state.current_stage
    note = stage.note if stage and stage.note else ""
    return [styled(f"waits for {what}", "$foreground-muted"), styled(note, "$foreground-muted italic")]


def sparkline(series: Series, width: int) -> str:
    """The last `width` values as blocks from 0 to the largest; a gap stays a gap."""
    values = series.values[-max(1, width) :]
    top = max((v for v in values if v is not None), default=0.0)
    if top <= 0:
        return ""
    scale = len(BLOCKS) - 1
    return "".join(" " if v is None else BLOCKS[max(0, min(scale, round(v / top * scale)))] for v in values)


def _last(state: RunState, metric: str) -> float | None:
    series = state.machine.get(metric)
    return series.last if series else None


PANELS: dict[str, PanelKind] = {
    "accuracy": PanelKind(
        "Accuracy", accuracy_lines, "the first graded answer",
        subtitle=lambda view: overlay_words(view.overlay, view.width),
    ),
    "quadrants": PanelKind("Quadrants", quadrant_lines, "the first aligned item"),
    "speed": PanelKind("Speed", speed_lines, "the first tokens"),
    "machine": PanelKind("Machine", machine_lines, "the first figures", below=estimate_lines),
}  # fmt: skip
UNTIL_KNOWN = ("accuracy", "quadrants", "speed", "machine")
"""Shown while no stage says which it wants."""


def panels_for(stage: StageState) -> tuple[str, ...]:
    """The names of the panels that the stage wants, in their order in the table."""
    wanted = recorded_kind(stage.kind).panels or UNTIL_KNOWN
    return tuple(name for name in PANELS if name in wanted)
