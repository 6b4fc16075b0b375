"""The table of the items whose outcome differs between two runs."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.widgets.virtual_table import VirtualTable


class FlipTable(VirtualTable):
    """The flips; `enter` stands in the key line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", id="compare.open", tooltip="the alignment of the item under the cursor")
    ]
