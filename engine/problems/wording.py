"""The words of the generator: people with their pronouns, things with their plurals, read from presets/problems."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

PRESETS = Path(str(files("presets").joinpath("problems")))

_SIBILANTS = ("s", "x", "z", "ch", "sh")
_PRONOUNS = {
    "she": {"he": "she", "him": "her", "his": "her"},
    "he": {"he": "he", "him": "him", "his": "his"},
}


@dataclass(frozen=True, slots=True)
class Person:
    """A name and which pronouns go with it ("she" or "he")."""

    name: str
    gender: str

    def form(self, attribute: str) -> str:
        """`he`, `him`, `his` (capitalised: `He`, `Him`, `His`) in this person's gender. KeyError for another word."""
        word = _PRONOUNS[self.gender][attribute.lower()]
        return word.capitalize() if attribute[0].isupper() else word


@dataclass(frozen=True, slots=True)
class Noun:
    """A thing that is counted."""

    one: str
    many: str

    def form(self, attribute: str) -> str:
        """`one` or `many`. KeyError for another word."""
        return {"one": self.one, "many": self.many}[attribute]

    def counted(self, is_one: bool) -> str:
        """The form that follows a number."""
        return self.one if is_one else self.many


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that templates draw from."""

    people: tuple[Person, ...]
    groups: Mapping[str, tuple[Noun, ...]]
    plurals: Mapping[str, str]

    def noun(self, singular: str) -> Noun:
        """The noun that a template names by its singular."""
        return Noun(singular, plural(singular, self.plurals))


@cache
def words() -> Words:
    """Read presets/problems/words.toml, once a process."""
    with (PRESETS / "words.toml").open("rb") as file:
        table = tomllib.load(file)
    irregular: dict[str, str] = table["plurals"]
    # Genders take turns, so that a short list of drawn names is mixed.
    pairs = zip(table["she"], table["he"], strict=True)
    people = tuple(Person(name, gender) for she, he in pairs for name, gender in ((she, "she"), (he, "he")))
    groups = {
        group: tuple(Noun(singular, plural(singular, irregular)) for singular in singulars)
        for group, singulars in table["nouns"].items()
    }
    return Words(people, groups, irregular)


def plural(singular: str, irregular: Mapping[str, str]) -> str:
    """The plural: `boxes`, `ladies`, `bags of flour`, `days`; the irregular ones come from the table."""
    if singular in irregular:
        return irregular[singular]
    head, of, rest = singular.partition(" of ")
    if of:
        return f"{plural(head, irregular)} of {rest}"
    if head.endswith(_SIBILANTS):
        return f"{head}es"
    if head.endswith("y") and head[-2:-1] not in "aeiou":
        return f"{head[:-1]}ies"
    return f"{head}s"
