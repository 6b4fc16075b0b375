"""Lookalikes: signs and letters that the grammar reads as one, and that mathematics tells apart."""

from __future__ import annotations

import re

# The Greek capitals that have a sign of their own; the others are Latin letters.
GREEK = r"[Gg]amma|[Dd]elta|[Tt]heta|[Ll]ambda|[Xx]i|[Pp]i|[Ss]igma|[Uu]psilon|[Pp]hi|[Pp]si|[Oo]mega"
_GREEK = re.compile(rf"\\({GREEK})(?![a-zA-Z])")
_TEXT = re.compile(r"\\(?:text\w*|mathrm|mbox|rm|operatorname)\*?\s*(?:\{[^{}]*\})?")
_COMMAND = re.compile(r"\\[a-zA-Z]+")

_VECTOR = r"\\(?:vec|overrightarrow|mathbf|boldsymbol|bm)\s*(?:\{\s*([^{}]*?)\s*\}|([a-zA-Z]))"
_PRODUCT = re.compile(rf"{_VECTOR}\s*(\\cdot|\\times)\s*(?={_VECTOR})")


def case_matters(*answers: str) -> bool:
    """Whether a letter stands for two things by its case (R and r, Δ and δ); the grammar would read both as one."""
    letters: set[str] = set()
    for answer in answers:
        letters |= set(_GREEK.findall(answer)) | set(_COMMAND.sub(" ", _TEXT.sub(" ", answer)))
    letters -= {"E"}
    return any(letter[0].isupper() and letter[0].lower() + letter[1:] in letters for letter in letters)


def confused(gold: str, answer: str) -> bool:
    """Whether the two differ only where the grammar sees no difference: Γ and γ, a dot and a cross between vectors."""
    gammas = [{name for name in _GREEK.findall(side) if name in ("Gamma", "gamma")} for side in (gold, answer)]
    if all(gammas) and gammas[0].isdisjoint(gammas[1]):
        return True
    mine, theirs = _products(gold), _products(answer)
    return bool(mine and theirs) and mine != theirs


def _products(answer: str) -> list[tuple[str, ...]]:
    """The products of two vectors, in any order of the products; only that of a dot product's vectors is free."""
    products = []
    for braced, bare, sign, next_braced, next_bare in _PRODUCT.findall(answer):
        vectors = [braced or bare, next_braced or next_bare]
        products.append((sign, *(sorted(vectors) if sign == "\\cdot" else vectors)))
    return sorted(products)
