"""Sequences that are immutable to whoever reads them and grow cheaply: what a fold over a long file keeps.

Appending to a tuple copies it. These share what they have in common: the newest view of a sequence appends in place,
and an older one, when something else is appended to it, copies once. Reading costs what a list costs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice
from typing import Generic, TypeVar, overload

from engine.runs.events import Item

T = TypeVar("T")

CHUNK = 512
"""Items that are copied when one of them is replaced."""


class View(Sequence[T]):
    """What all of them share: slices are tuples, and equal content is equal."""

    __slots__ = ()

    def _at(self, place: int) -> T:
        """The value at a place that is known to be there."""
        raise NotImplementedError

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...
    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        size = len(self)
        if isinstance(place, slice):
            return tuple(map(self._at, range(*place.indices(size))))
        if not -size <= place < size:
            raise IndexError(place)
        return self._at(place % size)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(_same, self, other))

    __hash__ = None  # type: ignore[assignment]  # as a list: equality is by content

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"


def _same(one: object, other: object) -> bool:
    return one == other


class Growing(View[T], Generic[T]):
    """The first `size` values of a list that is only ever appended to."""

    __slots__ = ("_log", "_size")

    def __init__(self, values: Iterable[T] = ()) -> None:
        self._log = list(values)
        self._size = len(self._log)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[T]:
        return islice(self._log, self._size)

    def _at(self, place: int) -> T:
        return self._log[place]

    def with_one(self, value: T) -> Growing[T]:
        """The sequence with one more value."""
        log = self._log if len(self._log) == self._size else self._log[: self._size]
        log.append(value)
        longer: Growing[T] = Growing.__new__(Growing)
        longer._log, longer._size = log, self._size + 1
        return longer


class Items(View[Item]):
    """The finished items of a stage, each id once, in the order they came first."""

    __slots__ = ("_full", "_places", "_tail")

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._full: tuple[tuple[Item, ...], ...] = ()
        self._tail: Growing[Item] = Growing()
        self._places: dict[str, int] = {}
        for item in items:
            grown = self.with_item(item)
            self._full, self._tail, self._places = grown._full, grown._tail, grown._places

    def __len__(self) -> int:
        return len(self._full) * CHUNK + len(self._tail)

    def __iter__(self) -> Iterator[Item]:
        return chain(chain.from_iterable(self._full), self._tail)

    def _at(self, place: int) -> Item:
        chunk, within = divmod(place, CHUNK)
        return self._full[chunk][within] if chunk < len(self._full) else self._tail[within]

    def place_of(self, id: str) -> int | None:
        """Where the item with this id stands; None where there is none."""
        place = self._places.get(id)
        return place if place is not None and place < len(self) and self._at(place).id == id else None

    def with_item(self, item: Item) -> Items:
        """The items with this one: in the place of the one with its id, else as the last."""
        place = self.place_of(item.id)
        longer = Items.__new__(Items)
        if place is not None:
            longer._full, longer._tail = self._replaced(place, item)
            longer._places = self._places
            return longer
        size = len(self)
        own = self._places if len(self._places) == size else {one.id: n for n, one in enumerate(self)}
        own[item.id] = size
        longer._full, longer._tail, longer._places = self._full, self._tail.with_one(item), own
        if len(longer._tail) == CHUNK:
            longer._full, longer._tail = (*longer._full, tuple(longer._tail)), Growing()
        return longer

    def _replaced(self, place: int, item: Item) -> tuple[tuple[tuple[Item, ...], ...], Growing[Item]]:
        chunk, within = divmod(place, CHUNK)
        if chunk == len(self._full):
            return self._full, Growing((*self._tail[:within], item, *self._tail[within + 1 :]))
        changed = (*self._full[chunk][:within], item, *self._full[chunk][within + 1 :])
        return (*self._full[:chunk], changed, *self._full[chunk + 1 :]), self._tail


class Together(View[Item]):
    """The items of several stages one after another, without a copy."""

    __slots__ = ("_ends", "_parts")

    def __init__(self, parts: Iterable[Sequence[Item]]) -> None:
        self._parts = [part for part in parts if part]
        self._ends = list(accumulate(map(len, self._parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Item]:
        return chain.from_iterable(self._parts)

    def _at(self, place: int) -> Item:
        part = bisect_right(self._ends, place)
        return self._parts[part][place - (self._ends[part - 1] if part else 0)]
