"""Reading items off the event loop: one read under way at most, and only the newest wish is delivered."""

from __future__ import annotations

from typing import NamedTuple

from textual.message import Message
from textual.widget import Widget

from engine.errors import MathReasonError
from engine.rows.graded import GradedRow
from engine.runs.directory import RunDirectory
from engine.runs.events import Item
from screens.items.item import read_item


class Wish(NamedTuple):
    """Which item of which run."""

    run: RunDirectory
    sample: Item


class ItemRead(Message):
    """A read ended: the item, or why it cannot be read."""

    def __init__(self, wish: Wish, result: GradedRow | MathReasonError) -> None:
        super().__init__()
        self.wish = wish
        self.result = result


class ItemReader:
    """Belongs to a screen that handles ItemRead and asks `wanted` whether the answer is still of interest."""

    def __init__(self, owner: Widget) -> None:
        self._owner = owner
        self._wish: Wish | None = None
        self._busy = False

    def want(self, run: RunDirectory, sample: Item) -> None:
        """Read this item as soon as the read under way has ended; an earlier wish that waits is forgotten."""
        self._wish = Wish(run, sample)
        if not self._busy:
            self._begin()

    def forget(self) -> None:
        """Nothing is wanted any more."""
        self._wish = None

    def wanted(self, message: ItemRead) -> bool:
        """Whether this is the newest wish; if a newer one waits, its read begins."""
        self._busy = False
        if message.wish == self._wish:
            return True
        if self._wish is not None:
            self._begin()
        return False

    def _begin(self) -> None:
        wish = self._wish
        if wish is None:
            return
        self._busy = True

        def read() -> None:
            result: GradedRow | MathReasonError
            try:
                result = read_item(wish.run, wish.sample)
            except MathReasonError as error:
                result = error
            self._owner.post_message(ItemRead(wish, result))

        self._owner.run_worker(read, name="read item", group="item", thread=True, exit_on_error=False)
