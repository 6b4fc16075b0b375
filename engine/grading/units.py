"""Units: the words behind a number; whether they only describe it, and whether two numbers carry different ones.

One table of measures with their spellings. A unit is compared whole: names, powers and what stands behind "per". Words
that are no measures ("eggs") describe and are forgiven; words that change the value ("factorial") make it no number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPELLINGS = """
millimetre: mm millimeter millimetre; centimetre: cm centimeter centimetre; metre: m meter metre
kilometre: km kilometer kilometre; inch: in inch inches; foot: ft foot feet; yard: yd yard; mile: mi mile
second: s sec second; minute: min minute; hour: h hr hour; day: day; week: wk week; month: mo month; year: yr year
decade: decade; century: century centuries; millisecond: ms millisecond
milligram: mg milligram; gram: g gm gram; kilogram: kg kilo kilogram; ton: ton tonne; pound: lb pound; ounce: oz ounce
millilitre: ml milliliter millilitre; centilitre: cl; litre: l liter litre; gallon: gal gallon; quart: qt quart
pint: pint; cup: cup; tablespoon: tbsp tbs tablespoon; teaspoon: tsp teaspoon
acre: acre; hectare: ha hectare; celsius: c celsius centigrade; fahrenheit: f fahrenheit; kelvin: k kelvin
degree: deg degree; radian: rad radian; newton: newton; joule: joule; watt: watt; kilowatt: kw kilowatt; volt: volt
hertz: hz hertz; kilohertz: khz; megahertz: mhz; byte: byte; kilobyte: kb; megabyte: mb; gigabyte: gb; terabyte: tb
cent: cent ¢; dollar: usd dollar buck; euro: eur euro; sterling: gbp sterling; yen: jpy yen; rupee: rs inr rupee
am: am; pm: pm; unit: unit
"""
_COMPOUNDS = {
    "mph": "mile per hour", "kph": "km per hour", "kmh": "km per hour", "kmph": "km per hour", "kwh": "kw hour",
    "mpg": "mile per gallon", "sqft": "square foot", "cc": "cubic cm",
}  # fmt: skip


def _aliases() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in re.split(r"[;\n]", _SPELLINGS.strip()):
        name, _, spellings = entry.partition(":")
        for spelling in spellings.split():
            found[spelling] = name.strip()
            if len(spelling) > 1 and spelling not in ("am", "pm", "in", "ms", "rs"):
                found.setdefault(f"{spelling}s", name.strip())
    return found


MEASURES = _aliases()
_MONEY_AND_TIME = frozenset(
    # What is paid or done "per day" is often given without saying so; a speed without its hour is no speed.
    "cent dollar euro sterling yen rupee second minute hour day week month year".split()  # noqa: SIM905
)
_ALIKE = ({"degree", "celsius"}, {"degree", "fahrenheit"}, {"pound", "sterling"})  # one may be short for the other
_RAISING = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_RAISED = {"squared": 2, "cubed": 3}
_PER = frozenset({"/", "per"})
_EACH = frozenset({"a", "an", "each", "every"})

_OPPOSITES = (
    ({"left"}, {"right"}), ({"north", "up", "above", "upward", "upwards"}, {"south", "down", "below", "downward"}),
    ({"east"}, {"west"}), ({"ad", "ce"}, {"bc", "bce"}), ({"more", "increase"}, {"less", "fewer", "decrease"}),
    ({"gain", "profit"}, {"loss"}), ({"before", "earlier"}, {"after", "later"}), ({"clockwise"}, {"counterclockwise"}),
    ({"forward", "forwards"}, {"backward", "backwards"}), ({"older"}, {"younger"}), ({"taller"}, {"shorter"}),
)  # fmt: skip
_CHANGING = frozenset(
    # Words that change the value, join two answers or call a function.
    """or and to pi sqrt frac sin cos tan log ln exp times plus minus negative over than if mod modulo base half halves
    quarter third root cubed squared is not infinity choose where with remainder factorial divided multiplied added
    subtracted doubled tripled quadrupled halved raised inverse reciprocal except thirds fourths fifths sixths sevenths
    eighths ninths tenths hundredths thousandths""".split()  # noqa: SIM905  # a list of words reads best
)
_CHANGING_LAST = frozenset("fourth fifth sixth seventh eighth ninth tenth hundredth score gross".split())  # noqa: SIM905
_NUMBER_WORDS = frozenset(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million""".split()  # noqa: SIM905
)
_SHORT_WORDS = frozenset(
    # Words of up to three letters that are no product of variables: what is counted, and what binds words.
    """st nd rd th pt pts pcs ppl sq cu fl bc ad bce ce
    men man boy kid son guy egg hen cow pig dog cat bee ant fox bat rat pet car bus van cab jet can jar pan pot box bag
    tin tub mug hat cap tie pen pin pie bun bar nut toy lot set bed row job tip bet fan leg arm eye ear key log mat map
    net rug gum cd cds dvd ads ad act age art bow cut gem hit jug keg lap nap oar ox pad pea pit pup rib rod run tap tax
    ice gas oil tea sea gym lab fee pop ham koi vet web sun fat air tv tvs vip wpm rpm hot own few
    he she we you his her its our my who how are was had has did do be as get got us
    way win in all of per a an the for at on by it so far now new old big red too out off up each""".split()  # noqa: SIM905
)

_TOKEN = re.compile(r"([a-z¢]+)(?:\s?\^\s?\{?\s?([23])\s?\}?|([²³]))?|(/)")

_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b[^a-z]*(?:(?:of|the|a|an)\b[^a-z]*)*([a-z]+)", re.IGNORECASE)
_PLACING = frozenset("from in on at to by for after before and or as is overall".split())  # noqa: SIM905

Side = dict[str, int]  # name of a measure: its power


def describes(unit: str) -> bool:
    """Whether the words behind a number leave its value alone and are no product of variables ("xy")."""
    compounds = re.findall(
        r"[a-z]+(?:-[a-z]+)*", unit.lower().replace("left over", "leftover")
    )  # "two-inch" describes, "one-third" does not
    words = [compound.rpartition("-")[2] for compound in compounds]
    if not words or words[-1] in _CHANGING_LAST or compounds[0] in _NUMBER_WORDS:
        return False
    for place, word in enumerate(words):
        if word in _RAISED and place and words[place - 1] in MEASURES:
            continue
        if word in _CHANGING or (compounds[place] in _NUMBER_WORDS and words[place - 1] == "point"):
            return False
    return any(len(word) > 3 or word in _SHORT_WORDS for word in compounds) or all(map(_known, words))


def _known(word: str) -> bool:
    return word in MEASURES or word in _COMPOUNDS or word in _SHORT_WORDS


def differ(gold: str, answer: str) -> bool:
    """Whether two units are two answers; a unit, or what is no measure, may be left out on either side."""
    words, others = set(re.findall(r"[a-z]+", gold.lower())), set(re.findall(r"[a-z]+", answer.lower()))
    if any(_leaning(words, pair) * _leaning(others, pair) < 0 for pair in _OPPOSITES):
        return True
    (mine, below), (theirs, under) = measures(gold), measures(answer)
    if mine and theirs and mine != theirs and not _alike(mine, theirs):
        return True
    if below and under:
        return below != under
    # A denominator on one side only.
    return bool(mine and theirs and (below or under)) and not _MONEY_AND_TIME.issuperset(mine)


def counted_apart(gold: str, answer: str) -> bool:
    """Whether two ordinals' words name two things ("rd row", "rd column of the table"); either may leave them out."""
    nouns = [match[1].lower() if (match := _ORDINAL.match(unit)) else "" for unit in (gold, answer)]
    if not all(nouns) or _PLACING.intersection(nouns):
        return False
    mine, theirs = (noun.removesuffix("s") for noun in nouns)
    return not (mine.startswith(theirs) or theirs.startswith(mine))  # "4th grade", "4th graders"


def attached_measure(unit: str) -> bool:
    """Whether words written to a number without a space begin with a measure ("10weeks", not "2sinx m")."""
    first = re.match(r"[A-Za-z]{4,}", unit)  # fewer letters may be a product of variables
    return first is not None and any(measures(unit if first[0].lower() in _RAISING else first[0]))


def measures(unit: str) -> tuple[Side, Side]:
    """The measures above and below the line: "square feet per hour" is ({foot: 2}, {hour: 1})."""
    unit = re.sub("[a-z]+", lambda word: _COMPOUNDS.get(word[0], word[0]), unit.lower())
    tokens = [(match[1] or match[4], match[2] or match[3]) for match in _TOKEN.finditer(unit)]
    words = [word for word, _ in tokens]
    sides: tuple[Side, Side] = ({}, {})
    side, power, ended, last = 0, 1, False, ""
    for place, (word, exponent) in enumerate(tokens):
        follows = words[place + 1] if place + 1 < len(words) else ""
        if word in _PER or (word in _EACH and follows in MEASURES):
            side, power, ended = 1, 1, False
        elif word in _RAISING:
            power = _RAISING[word]
        elif word in _RAISED and last:
            sides[side][last] = _RAISED[word]
        elif (name := _measure(word, follows)) and not ended:
            sides[side][name] = sides[side].get(name, 0) + (_power(exponent) or power)
            power, last = 1, name
        elif sides[side]:
            ended = True  # "5 minutes past the hour" is in minutes
    return sides


def _leaning(words: set[str], pair: tuple[set[str], set[str]]) -> int:
    """1 or -1 for the side of two opposites that is named; 0 for neither and for both."""
    return bool(words & pair[0]) - bool(words & pair[1])


def _measure(word: str, follows: str) -> str:
    """The name of a measure; "in" is an inch only where no word follows ("5 in total")."""
    return "" if word == "in" and follows and follows not in _PER else MEASURES.get(word, "")


def _power(exponent: str | None) -> int:
    return {"2": 2, "²": 2, "3": 3, "³": 3}.get(exponent or "", 0)


def _alike(mine: Side, theirs: Side) -> bool:
    """Names of which one is short for the other; "square units" stands for any square measure."""
    for pair in _ALIKE:
        if {*mine, *theirs} <= pair:
            return sum(mine.values()) == sum(theirs.values()) or len(mine) != len(theirs)
    if "unit" in mine or "unit" in theirs:
        powers: Sequence[int] = (sum(mine.values()), sum(theirs.values()))
        return min(powers) == 1 or powers[0] == powers[1]
    return False
