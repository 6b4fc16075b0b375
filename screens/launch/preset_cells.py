"""The list of presets: does the recipe fit on each, and how much of its memory does it take."""

from __future__ import annotations

from typing import Any

from textual.content import Content

from engine.words import FIT, UNKNOWN
from screens.consulting import Estimate, MachineAnswer
from screens.run.panels import styled
from screens.widgets.virtual_table import TableColumn

DEVICE_NAMES = {"mps": "Metal", "cuda": "CUDA"}

PRESET_COLUMNS = (
    TableColumn("fit", "", 1),
    TableColumn("name", "preset", 15, fraction=1),
    TableColumn("word", "", 12, rank=1),
    TableColumn("memory", "GB", 8, align="right"),
)


def preset_cell(preset: Any, answer: MachineAnswer | None, column: TableColumn) -> str | Content:
    """A cell of a preset's line; what the machine has not answered yet is unknown."""
    found = answer.estimates.get(preset.name) if answer else None
    sign = FIT.get(found.fit, UNKNOWN) if isinstance(found, Estimate) else UNKNOWN
    match column.key:
        case "fit":
            return styled(sign.glyph, f"${sign.color}")
        case "name":
            return str(preset.name)
        case "word":
            missing = isinstance(found, Estimate) and found.fit == "no device"
            word = f"no {DEVICE_NAMES.get(preset.device, preset.device)}" if missing else sign.word
            return styled(word, f"${sign.color}")
        case _:
            return f"{found.total_gb:.1f}/{found.capacity_gb:.0f}" if isinstance(found, Estimate) else "–"
