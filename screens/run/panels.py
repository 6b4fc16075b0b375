"""What the panels of a run say: pure functions from the state of a run to lines. Each says what it waits for."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from engine.compare.overrides import Overlay
from engine.runs.series import Series
from engine.runs.state import NO_STAGE, RunState, StageState
from engine.runs.status import ENDED, Status
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


def accuracy_lines(state: RunState, tally: RunTally) -> list[Content | str]:
    """The share of right answers with its 95 % interval, and what became of the others."""
    share = tally.accuracy
    if share.value is None:
        return waiting(state, "the first graded answer")
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


def quadrant_lines(state: RunState, tally: RunTally, width: int) -> list[Content | str]:
    """How many items fall into each quadrant, with bars."""
    total = tally.quadrants.total()
    if not total:
        if tally.total:
            return [
                styled("no gold solutions:", "$foreground-muted"),
                styled("nothing to align with", "$foreground-muted"),
            ]
        return waiting(state, "the first aligned item")
    lines: list[Content | str] = []
    longest = max(len(sign.word) for sign in QUADRANT.values())
    room_for_all = width >= longest + len(f"{total:,}") + LEAST_BAR
    for name, sign in QUADRANT.items():
        count = tally.quadrants[name]
        word = f"{sign.word:<{longest + 1}}" if room_for_all else f"{sign.word.partition(' (')[0]:<12}"
        label = styled(sign.glyph, f"${sign.color}") + Content(f" {word}{count:>{len(f'{total:,}')},}")
        room = max(0, width - label.cell_length - 1)
        lines.append(label + styled(f" {BAR_FULL * round(count / total * room)}" if room else "", f"${sign.color}"))
    return lines


def speed_lines(state: RunState, width: int) -> list[Content | str]:
    """Tokens a second now and over time, and the prefix tokens that were not computed again."""
    stage = speed_stage(state)
    series = stage.series.get("speed.tokens_per_second")
    if series is None or series.last is None:
        return waiting(state, "the first tokens")
    lines: list[Content | str] = [
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


def speed_stage(state: RunState) -> StageState:
    """The stage whose speed is shown: the newest that tells one."""
    told = (stage for stage in reversed(state.stages) if "speed.tokens_per_second" in stage.series)
    return next(told, NO_STAGE)


def machine_lines(state: RunState) -> list[Content | str]:
    """What the worker costs the machine; the estimate stands beside the measured peak."""
    cpu, rss = _last(state, "machine.cpu_percent"), _last(state, "machine.rss_gb")
    peak = _last(state, "machine.peak_gb")
    lines: list[Content | str] = []
    if cpu is not None:
        lines.append(f"cpu {cpu:.0f} %")
    if rss is not None:
        lines.append(f"memory {rss:.1f} GB")
    if peak is not None:
        over = state.estimate_gb is not None and peak > state.estimate_gb * 1.25
        lines.append(styled(f"peak {peak:.1f} GB" + (" ▲" if over else ""), "$warning" if over else ""))
    if not lines:
        lines = waiting(state, "the first figures")
    lines.append(f"estimate {state.estimate_gb:.1f} GB" if state.estimate_gb is not None else "no estimate")
    return lines


def waiting(state: RunState, what: str) -> list[Content | str]:
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
