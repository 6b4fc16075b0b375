"""A screen that shows one item of a run at a time: the next, the one of a number, those with a text or of a kind."""

from __future__ import annotations

from textual import on
from textual.screen import Screen
from textual.widgets import Input

from screens.items.browser import Browser
from screens.items.filter import CHOICES, ItemFilter, count_choices
from screens.widgets.filter_line import FilterLine
from screens.widgets.filter_menu import FilterMenu


class ItemChoosing(Screen[None]):
    """Has a Browser, the lines #search and #go_to, and the actions that choose; what is shown is the heir's."""

    def __init__(self) -> None:
        super().__init__()
        self.browser = Browser()

    def after_choice(self, rows_changed: bool = False) -> None:
        """Show what was chosen; `rows_changed` where others pass the filter than before."""
        raise NotImplementedError

    def focus_main(self) -> None:
        """Where the keys go when a line is left."""
        raise NotImplementedError

    def show_item(self, position: int) -> None:
        """Show the item at this place of RunState.items, as soon as it is known; a filter that hides it goes."""
        self.browser.choose(position)
        if self.is_mounted:
            self.after_choice()

    def action_step(self, items: int) -> None:
        """The next or previous item that passes the filter."""
        if self.browser.step(items):
            self.after_choice()

    def action_go_to(self) -> None:
        self._open_line("#go_to")

    def action_search(self) -> None:
        self._open_line("#search")

    def _open_line(self, selector: str) -> None:
        if self.browser.samples:
            line = self.query_one(selector, FilterLine)
            line.open()
            self.set_focus(line)  # at once, so that fast typing lands in it

    @on(Input.Changed, "#search")
    def _search_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._filter(ItemFilter(self.browser.filter.chosen, event.value.strip()))

    @on(FilterLine.Left)
    def _line_left(self) -> None:
        line = self.query_one("#go_to", FilterLine)
        number, line.value, line.display = line.value.strip().removeprefix("#"), "", False
        if number.isdecimal() and 1 <= int(number) <= len(self.browser.samples):
            self.show_item(int(number) - 1)
        elif number:
            last = len(self.browser.samples)
            self.notify(f"no item {number}: the items are 1 to {last:,}", severity="warning", markup=False)
        self._settle_search()
        self.focus_main()

    def _settle_search(self) -> None:
        """The search line goes when it is left (the filter line tells), and forgets a text that no longer filters."""
        search = self.query_one("#search", FilterLine)
        search.display = False
        with search.prevent(Input.Changed):
            search.value = self.browser.filter.text

    def action_filter(self) -> None:
        if self.browser.samples:
            menu = FilterMenu(
                CHOICES, count_choices(self.browser.samples, self.browser.overrides), self.browser.filter.chosen
            )
            self.app.push_screen(menu, self._chosen_in_menu)

    def _chosen_in_menu(self, chosen: frozenset[str] | None) -> None:
        if chosen is not None:
            self._filter(ItemFilter(chosen, self.browser.filter.text))

    def action_clear_filter(self) -> None:
        self._filter(ItemFilter())

    def _filter(self, wanted: ItemFilter) -> None:
        if wanted != self.browser.filter:
            self.browser.apply(wanted)
            self.after_choice(rows_changed=True)
            if not self.query_one("#search").has_focus:
                self._settle_search()
