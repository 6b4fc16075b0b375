"""Lookalikes: signs and letters that the grammar reads as one, and that mathematics tells apart."""

from __future__ import annotations

import re

# The Greek capitals that have a sign of their own; the others are Latin letters.
_GREEK = re.compile(
    r"\\([Gg]amma|[Dd]elta|[Tt]heta|[Ll]ambda|[Xx]i|[Pp]i|[Ss]igma|[Uu]psilon|[Pp]hi|[Pp]si|[Oo]mega)(?![a-zA-Z])"
)
_TEXT = re.compile(r"\\(?:text\w*|mathrm|mbox|rm|operatorname)\*?\s*(?:\{[a-zA-Z ]*\})?")
_COMMAND = re.compile(r"\\[a-zA-Z]+")

_VECTOR = r"\\(?:vec|overrightarrow|mathbf|boldsymbol|bm)\s*(?:\{ ?([a-zA-Z](?:_\{?\w+\}?)?) ?\}|([a-zA-Z]))"
_PRODUCT = re.compile(rf"{_VECTOR}\s?(\\cdot|\\times)\s?{_VECTOR}")

Product = tuple[str, str, str]  # the sign, and what stands left and right of it


def case_matters(*answers: str) -> bool:
    """Whether a letter stands for two things by its case (R and r, Δ and δ); the grammar would read both as one."""
    letters: set[str] = set()
    for answer in answers:
        letters |= set(_GREEK.findall(answer)) | set(_COMMAND.sub(" ", _TEXT.sub(" ", answer)))
    letters -= {"E"}
    return any(letter[0].isupper() and letter[0].lower() + letter[1:] in letters for letter in letters)


def confused(gold: str, answer: str) -> bool:
    """Whether the two differ in what the grammar does not see: Γ for γ, or only in the products of vectors.

    A dot is no cross, and a cross product in the other order is its negative.
    """
    gammas = [{name for name in _GREEK.findall(side) if name in ("Gamma", "gamma")} for side in (gold, answer)]
    if all(gammas) and gammas[0].isdisjoint(gammas[1]):
        return True
    (mine, rest), (theirs, other) = _products(gold), _products(answer)
    return rest == other and mine != theirs


def _products(answer: str) -> tuple[list[Product], str]:
    """The products of two vectors, and the text with only the vectors' names in their places."""
    products: list[Product] = []

    def place(match: re.Match[str]) -> str:
        left, right = match[1] or match[2], match[4] or match[5]
        first, second = sorted((left, right))
        products.append((match[3], first, second) if match[3] == "\\cdot" else (match[3], left, right))
        return f"<{first},{second}>"

    rest = _PRODUCT.sub(place, re.sub(r"\s+", " ", answer))
    return products, rest.replace(" ", "")
