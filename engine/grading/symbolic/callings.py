"""Callings: names of functions as people set them ("\\operatorname{tan}"), and calls in front of "=" ("\\det A = 5").

Text in, text out. The grammar knows a function by its command only; a call that it does not know names the value behind
"=", which is what is compared.
"""

from __future__ import annotations

import re

_SET_AS_TEXT = r"\\(?:operatorname\s*\*?|mathrm|textrm|text|mbox|rm)\s*"
_KNOWN = re.findall(
    "[a-z]+",
    "sin cos tan cot csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth arsinh arcosh artanh "
    "arcsinh arccosh arctanh ln log exp lcm gcd",
)
_OTHER_NAMES = {
    "tg": "tan", "ctg": "cot", "cosec": "csc", "arctg": "arctan", "arcctg": "arccot", "asin": "arcsin",
    "acos": "arccos", "atan": "arctan", "LCM": "lcm", "GCD": "gcd", "Arctan": "arctan", "Arcsin": "arcsin",
    "Arccos": "arccos",
}  # fmt: skip
_FUNCTIONS = {name: f"\\{name} " for name in _KNOWN} | {old: f"\\{new} " for old, new in _OTHER_NAMES.items()}
_FUNCTION = re.compile(rf"{_SET_AS_TEXT}\{{\s*({'|'.join(sorted(_FUNCTIONS, key=len, reverse=True))})\s*\}}")
_INNER = r"((?:[^()]|\([^()]*\))*)"


def _unknown_divisor(match: re.Match[str]) -> str:
    """The grammar takes letters for polynomials, whose greatest common divisor is 1."""
    return f"g_{{{match[1][1:]}}}({','.join(sorted(part.strip() for part in match[2].split(',')))})"


_RESPELLED = (
    (_FUNCTION, lambda match: _FUNCTIONS[match[1]]),
    (re.compile(r"\\(gcd|lcm)\s*(?:\\left)?\s*\(([^()]*[a-zA-Z][^()]*?)(?:\\right)?\s*\)"), _unknown_divisor),
    (re.compile(rf"{_SET_AS_TEXT}\{{sec\}}(?=\s*(?:\(|\\left|\^|[a-z]|\\[a-z]))"), r"\\sec "),  # else seconds
    (re.compile(rf"{_SET_AS_TEXT}\{{(max|min)\}}(?=\s*(?:\(|\\\{{|\\left|_))"), r"\\\1 "),  # else words and minutes
    (re.compile(rf"{_SET_AS_TEXT}\{{\s*(floor|ceil)\s*\}}"), r"\\operatorname{\1}"),
    (re.compile(rf"{_SET_AS_TEXT}\{{\s*sqrt\s*\}}\s*(?:\\left)?\s*\({_INNER}\)"), r"\\sqrt{\1}"),
    (re.compile(rf"{_SET_AS_TEXT}\{{\s*sqrt\s*\}}"), r"\\sqrt "),
    (re.compile(rf"{_SET_AS_TEXT}\{{\s*abs\s*\}}\s*(?:\\left)?\s*\({_INNER}\)"), r"|\1|"),
    # The grammar reads \sech as \sec h.
    (re.compile(rf"(?:{_SET_AS_TEXT}\{{\s*sech\s*\}}|\\sech(?![a-zA-Z]))\s*(\([^()]*\)|[a-zA-Z])"),
     r"\\frac{1}{\\cosh \1}"),
    (re.compile(rf"(?:{_SET_AS_TEXT}\{{\s*(?:csch|cosech)\s*\}}|\\csch(?![a-zA-Z]))\s*(\([^()]*\)|[a-zA-Z])"),
     r"\\frac{1}{\\sinh \1}"),
    (re.compile(r"\\(?:vec|mathbf|boldsymbol|bm|overrightarrow)\s*\{\s*([a-zA-Z])\s*\}"), r" \1"),
)  # fmt: skip
_ARROW = re.compile(r"\A\s*\$?\s*\\(?:therefore|implies|Rightarrow|Longrightarrow)(?![a-zA-Z])\s*(?=\S)")
_CALL = re.compile(
    r"\s*(?P<call>\\(?:max|min|sup|inf|det|deg|dim|ker|gcd|lcm|arg)(?![a-zA-Z])[^=<>,;]{0,60}?"
    r"|\\(?:max|min|sup|inf)(?:imum)?\s*_\s*\{[^{}]*\}[^=<>,;]{0,60}?"
    r"|\\(?:gcd|lcm|max|min)\s*(?:\\left)?\s*(?:\(|\\\{)[^()=<>{}]{1,40}(?:\\right)?\s*(?:\)|\\\})"
    r"|g_\{(?:cd|cm)\}\([^()=<>]{1,40}\)"
    r"|\\(?:\||lVert)[^=<>,;]{1,40}?\\(?:\||rVert)"
    r"|\\operatorname\s*\{\s*[A-Za-z]+\s*\}\s*(?:\([^()=<>]{0,20}[A-Za-z][^()=<>]{0,20}\)|[A-Za-z]))\s*=(?![=<>])\s*(?=[^\s=])"
)
_RELATION = re.compile(r"[=<>]|\\(?:neq?|[lg]eq?|in|equiv|approx)(?![a-zA-Z])")


def with_functions(answer: str) -> str:
    """Names of functions in text commands as commands, vectors as letters; no arrow in front."""
    if "\\" not in answer:
        return answer
    answer = _ARROW.sub("", answer)
    for pattern, replacement in _RESPELLED:
        answer = pattern.sub(replacement, answer)
    return answer


def called(answer: str) -> tuple[str, str] | None:
    """The call in front of an answer's only "=" and the value behind it: ("\\detA", "5")."""
    text = answer.replace("\\$", "").replace("$", "")
    match = _CALL.match(text)
    if match is None or not text[match.end() :].strip(" .") or _RELATION.search(text, match.end()):
        return None
    return re.sub(r"\\(?:left|right)|[\s()]", "", match["call"]), text[match.end() :]


def without_calls(gold: str, answer: str) -> tuple[str, str] | None:
    """The two values where one side or both name them by the same call; None where no call can be left out."""
    mine, theirs = called(gold), called(answer)
    if mine and theirs:
        return (mine[1], theirs[1]) if mine[0] == theirs[0] else None
    if mine and not _RELATION.search(answer):
        return mine[1], answer
    if theirs and not _RELATION.search(gold):
        return gold, theirs[1]
    return None
