"""Spelling: two answers that differ only in how they are typed are the same, without any mathematics.

`normal_form` removes what TeX does not show or what is the same sign; `words_of` reads an answer in words.
"""

from __future__ import annotations

import re

_SPACING = re.compile(r"\\[!,;:> ]|~|\\(?:left|right|displaystyle|quad|qquad|limits)(?![a-zA-Z])|(?<!\\)\$")
WIDE = re.compile(r"\\[;:> ]|~|\\q?quad(?![a-zA-Z])")  # spaces that part two numbers; a thin one parts thousands
_THOUSANDS = re.compile(r"(?<![0-9.] )(?<![0-9.])[1-9][0-9]{0,2}(?: [0-9]{3})+(?![0-9]| [0-9])")
_NEEDLESS = re.compile(r"(?<![0-9])\s+|\s+(?![0-9])")
WORDING = re.compile(r"\\(?:text|textbf|textrm|textit|textnormal|mathrm|mathbf|mbox|operatorname)\s*\{([^{}]*)\}")
_FRACTION = re.compile(r"\\[dtc]?frac\s*(?:\{([^{}]*)\}|([0-9a-zA-Z]))\s*(?:\{([^{}]*)\}|([0-9a-zA-Z]))")
_BARE_ROOT = re.compile(r"\\sqrt\s*([0-9a-zA-Z])")
_SHORT_SCRIPT = re.compile(r"([\^_])\{([0-9a-zA-Z])\}")
_LEADING_ZERO = re.compile(r"(?<![0-9])\.(?=[0-9])")
_DEGREES = re.compile(r"\^\s*\{?\s*\\circ\s*\}?|\\degree|°")
_SAME_SIGN = (
    ("\\leqslant", "\\leq"), ("\\geqslant", "\\geq"), ("≤", "\\leq"), ("≥", "\\geq"), ("≠", "\\neq"),
    ("\\lbrace", "\\{"), ("\\rbrace", "\\}"), ("−", "-"), ("\\cdot", "*"), ("π", "\\pi"), ("∞", "\\infty"),
    ("\\varnothing", "\\emptyset"), ("∅", "\\emptyset"), ("\\wedge", "\\land"), ("\\vee", "\\lor"),
    ("\\$", ""), ("\\%", "%"),
)  # fmt: skip
_SHORT_NAMES = re.compile(r"\\(le|ge|ne)(?![a-zA-Z])")
_ONLY_WORDS = re.compile(r"[A-Za-z][A-Za-z \n'.,()/-]{0,200}")
_CHOICE = re.compile(
    r"[\s{]*\(?\s*([A-J])\s*(?:\)|[.:](?=\s|\Z)|\Z)(?:(?=[\s}]*\s-[\d\\.$])|(?![\s}]*[-+*/^=<>_!]))[\s}]*(.*)",
    re.DOTALL,
)
# "(C) or (D)", "A, not B", "(A) is false": no choice of that letter; but "(E) not enough information".
_HEDGE = re.compile(
    r"[\s{]*(?:[,;/&]|(?:and|or|nor)\b|not\b(?! (?:enough|possible|determin|known|sufficient|defined|given|listed))"
    r"|is(?:n't)?\b(?! (?:the )?(?:correct|right|answer|true|best)))"
    r"|.*?(?:(?<![A-Za-z\\])\(\s*(?-i:[A-J])\s*\)|(?<![A-Za-z\\(])(?-i:[A-J])\s*[.:)](?=\s*[^\s}])"
    r"|\b(?:is|be|or|either|maybe|choose|option|answer)\s+(?-i:[A-HJ])(?![A-Za-z0-9_^=(]|\s*[-+*/=<>]))",
    re.DOTALL | re.IGNORECASE,
)
_BESIDE = re.compile(r"\s*\(\s*([A-E])\s*\)[\s}]*(?=[^\s}])")
_SHORT_WORDS = frozenset({"yes", "no", "odd", "red", "none", "dne"})
_FUNCTIONS = frozenset({"sin", "cos", "tan", "log", "ln", "exp", "sqrt", "frac", "pi"})
_ARTICLES = frozenset({"the", "a", "an"})


def normal_form(answer: str) -> str:
    """One spelling for what TeX shows the same: spaces, fractions, roots, sizes, degrees, comparison signs."""
    text = WORDING.sub(r"\1", _SPACING.sub("", WIDE.sub(" ", answer)))
    text = _DEGREES.sub("", text)
    for spelling, sign in _SAME_SIGN:
        text = text.replace(spelling, sign)
    text = _SHORT_NAMES.sub(lambda name: f"\\{name[1]}q", text)
    text = _FRACTION.sub(lambda part: f"\\frac{{{part[1] or part[2] or ''}}}{{{part[3] or part[4] or ''}}}", text)
    text = _SHORT_SCRIPT.sub(r"\1\2", _BARE_ROOT.sub(r"\\sqrt{\1}", text))
    text = _NEEDLESS.sub("", re.sub(r"\s+", " ", text))
    text = _LEADING_ZERO.sub("0.", _THOUSANDS.sub(lambda number: number[0].replace(" ", ""), text))
    return text.rstrip(".,;:\\")


def choice_of(answer: str, *, alone: bool = False) -> str | None:
    """The letter of a multiple-choice answer: "C", "(C)", "\\textbf{(C)}" and, unless `alone`, "(C) 12".

    None where what follows takes the letter back or names another one ("(C) or (D)", "(A) is false").
    """
    match = _CHOICE.fullmatch(WORDING.sub(r"\1 ", _SPACING.sub(" ", answer)).strip())
    if match is None or (match[2].strip() and (alone or _HEDGE.match(match[2]))):
        return None
    return match[1]


def beside_choice(gold: str, answer: str) -> str:
    """The value beside a choice's letter ("(B) 12" for the gold 12); the answer itself where the gold knows letters."""
    plain = WORDING.sub(lambda words: f"{words[1]} " if "(" in words[1] else words[0], _SPACING.sub(" ", answer))
    letter = _BESIDE.match(plain)
    if letter is None or choice_of(gold) is not None or choice_of(answer) is None:
        return answer
    if re.search(rf"(?<![A-Za-z\\]){letter[1]}(?![A-Za-z])", gold):
        return answer
    return plain[letter.end() :].strip() or answer


def same_short_words(gold: str, answer: str) -> bool:
    """Whether one side is words by a text command, or a listed short word, and the other writes it without one."""
    mine, theirs = _letters(gold), _letters(answer)
    marked = bool(WORDING.search(gold) or WORDING.search(answer))
    return mine == theirs and (mine in _SHORT_WORDS or (marked and len(mine) >= 3 and mine not in _FUNCTIONS))


def _letters(answer: str) -> str:
    """The one word that an answer is, in small letters; "" where it is anything else."""
    word = WORDING.sub(r" \1 ", _SPACING.sub(" ", answer)).strip(" .")
    return word.lower() if re.fullmatch(r"[A-Z]?[a-z]+|[A-Z]{3,}", word) else ""


def words_of(answer: str) -> tuple[str, ...] | None:
    """The words of an answer in words ("\\text{Evelyn}", "(C)", "an even function"); None for mathematics.

    Without a text command, short letter groups may be products of variables, so they are not words.
    """
    marked = bool(WORDING.search(answer))
    text = WORDING.sub(r" \1 ", _SPACING.sub(" ", answer)).strip()
    if not _ONLY_WORDS.fullmatch(text.strip("() ")):
        return None
    words = re.findall(r"[a-z]+", text.lower().replace("'", ""))
    if _FUNCTIONS.intersection(words) or not (marked or any(len(word) >= 4 for word in words)):
        return None
    return tuple(word for word in words if word not in _ARTICLES) or tuple(words)
