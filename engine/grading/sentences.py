"""Sentences: the number that an answer line states in words ("She sold 42 apples."); the front of one that explains.

None wherever that is not plain: words, formulas, lists, intervals and amounts that words change ("42 and a half") stay
as they were written.
"""

from __future__ import annotations

import re

from engine.grading.numbers import SCALED, read_number
from engine.grading.units import describes, measures

_ROUGHLY = re.compile(
    r"\A(?:(?:approximately|approx\.?|about|around|roughly|exactly|precisely|nearly|only|just|simply|still|now"
    r"|equal to|(?:a )?total of"
    r"|therefore|thus|hence|also|indeed|then)\b[\s,:]*)+(?=[-−+$\\(\[{.€£¥*]*[\d\\$])"
    r"|\A(?:(?:therefore|thus|hence|also|indeed)\b[\s,:]+)+(?=\S)",
    re.IGNORECASE,
)
_PICTURES = re.compile(
    "[\\s\u220e\u2600-\u2775\u2794-\u27bf\u2b50-\u2b55\ufe0f\u200d\U0001f000-\U0001faff]*"
    "[\u220e\u2600-\u2775\u2794-\u27bf\u2b50-\u2b55\ufe0f\U0001f000-\U0001faff]\\s*\\Z"
)
_ASIDE = re.compile(r"\s*\([^()]{0,120}\)\Z")
_AMOUNT = r"[-−]?(?:\\?\$|[€£¥])?\s?\$?\d{1,30}(?:,\d{3}){0,8}(?:\.\d{1,30})?(?:/\d{1,20})?\$?(?:\s?\\?%)?"
# At least two words, one amount with a break behind it, and words: no sign of a formula and no second number.
_SENTENCE = re.compile(
    r"(?P<before>[A-Z][A-Za-z'’-]*,?(?:[ ]+[A-Za-z'’.-]+,?){1,20}?)[ ]+(?P<amount>" + _AMOUNT + r")(?![\w^_\\*+=<>:(])"
    r"(?P<after>[A-Za-z\s,.'’()/²³^{}23-]*)"
)
_SECOND = re.compile(r"(?<![A-Za-z][\^])(?<![A-Za-z]\^\{)\d")
_HOLDING = re.compile(
    # Words that change or deny an amount, in front of it or behind it.
    r"\b(?:no|not|none|never|neither|yes|half|halves|quarters?|thirds?|fourths?|fifths?|sixths?|sevenths?|eighths?"
    r"|ninths?|tenths?|hundredths?|thousandths?|twice|thrice|double|triple|times|minus|plus|negative|squared|cubed|root"
    r"|square root|factorial|sqrt|pi|mod|modulo|base|log|sin|cos|tan|except|than|divisible|one|two|three|four|five"
    r"|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|divided|multiplied|infinity)\b",
    re.IGNORECASE,
)
_PLACED = re.compile(
    # What a number behind such a word is: no amount but a name, or the edge of a set.
    r"\b(?:of|at|to|from|through|with|radius|order|degree|length|side|number|option|choice|case|step|type|room|pages?"
    r"|days?|weeks?|months?|years?|chapter|section|problem|question|line|row|class|grade|level|figure|january|february"
    r"|march|april|may|june|july|august|september|october|november|december|in|on|multiples|divisors|factors)\Z",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"\b(?:total|sum|result|profit|difference|product|amount|cost|rest|remainder) of\Z"
    r"|\b(?:comes?|amounts|adds(?: up)?) to\Z",
    re.I,
)
_WORDS = re.compile(r"(?:[ ]?[A-Za-z][A-Za-z./²³^23{}-]*){1,5}")
_UNKNOWN = re.compile(r"[xX](?!\s?\$?[\d(])|(?:\A|[-−+*/×·÷=(])\s*[xX]")  # no sign of a product
_FRONT = re.compile(
    rf"(?P<amount>{_AMOUNT})(?P<unit>(?:\s+(?!not\b|or\b|and\b)[A-Za-z][A-Za-z'’./-]+){{0,4}})"
    r"\s*(?P<rest>,?\s*\(?\s*not\s.*|\(.*\)[.\s]*)",
    re.DOTALL | re.IGNORECASE,
)
_TAILED = re.compile(rf"(?P<amount>{_AMOUNT})\s+(?P<words>[A-Za-z]{{3,}}\s[A-Za-z\s,.'’-]*)")
_LETTER = re.compile(r"\b[B-Zb-z]\b|\bor\b")  # a variable, or a second answer
_OTHER = re.compile(r"\(\s*(?:\\?[bp]?mod|base|or|maybe|possibly|perhaps)\b", re.IGNORECASE)  # no aside, or a hedge
_SUM = r"[\d\s.,+*/×·÷xX()$%−-]"
_CHAIN = re.compile(
    rf"(?P<sums>(?=[^=]*\d\s*\)?\s*[-−+*/×·÷xX]){_SUM}{{1,200}}(?:={_SUM}{{1,200}}){{0,4}})"
    r"=\s*(?P<last>" + _AMOUNT + r"(?:\s+[A-Za-z][A-Za-z'’ /-]*)?)"
)


def undecorated(answer: str) -> str:
    """The answer without the adverbs in front of it and the pictures behind it ("therefore 42 ✅")."""
    plain = _ROUGHLY.sub("", _PICTURES.sub("", answer))
    return plain if re.search(r"[^\W_]", plain) else answer


def stated_amount(sentence: str) -> str | None:
    """The only number of a sentence, with the unit it is measured in: "It takes Tom 42 minutes to go" is 42 minutes."""
    said = _SENTENCE.fullmatch(_ASIDE.sub("", sentence))
    if said is None or _SECOND.search(said["after"]):
        return None
    before, after = said["before"], said["after"]
    if _HOLDING.search(before) or _HOLDING.search(after) or (_PLACED.search(before) and not _TOTAL.search(before)):
        return None
    return _measured(said["amount"], after)


def front_amount(answer: str) -> str | None:
    """The amount an answer begins with where an aside or "not" follows it, or that ends a calculation with its unit."""
    chain = _CHAIN.fullmatch(answer)
    if chain is not None and not _UNKNOWN.search(chain["sums"]):
        return chain["last"] if re.search(r"[A-Za-z]", chain["last"]) and read_number(chain["last"]) else None
    tailed = _TAILED.fullmatch(answer)
    if tailed is not None:
        words = tailed["words"]
        plain = describes(words.split()[0]) and not _HOLDING.search(words) and not _LETTER.search(words)
        return _measured(tailed["amount"], words) if plain else None
    found = _FRONT.fullmatch(answer)
    if found is None or _OTHER.match(found["rest"]):
        return None
    unit = found["unit"].strip()
    if unit and (not describes(unit) or _HOLDING.search(unit)):
        return None
    rest = found["rest"].lstrip(", (")
    if found["rest"].startswith("(") and not unit and not _explains(found["amount"], rest.rstrip(").")):
        return None
    return f"{found['amount']} {unit}".strip()


def _explains(amount: str, aside: str) -> bool:
    """Whether what stands in parentheses behind a bare number is no factor of it: words, or its own calculation."""
    if re.search(r"(?:not|i\.e\.|exact|since|because)\b", aside, re.IGNORECASE):
        return True
    *_, last = aside.split("=")
    if last is not aside and read_number(last) is not None:
        return read_number(last) == read_number(amount)
    factors = re.fullmatch(r"\s*(\d{1,12})\s*([-+*×·/÷xX]|\\times|\\cdot)\s*(\d{1,12})\s*", aside)
    number = read_number(amount)
    if factors is None or number is None:
        return False
    left, sign, right = int(factors[1]), factors[2], int(factors[3])
    if sign in "+-":
        return number.value == (left + right if sign == "+" else left - right)
    return number.value * right == left if sign in "/÷" else number.value == left * right


def _measured(amount: str, after: str) -> str:
    """The amount with the words behind it that scale or measure it, and no others."""
    amount = amount.replace("$", "") if amount.endswith("$") else amount
    words = _WORDS.match(after.lstrip())
    said = words.group().split() if words else []
    for count in range(len(said), 0, -1):
        unit = " ".join(said[:count]).rstrip(".")
        if unit.rpartition(" ")[2].lower() in ("in", "a", "an", "per", "of", "each", "every"):
            continue  # "$7 in change" is in no inches
        number = read_number(f"{amount} {unit}")
        if number and (SCALED.match(unit) or number.percent or (describes(unit) and any(measures(unit)))):
            return f"{amount} {unit}"
    return amount
