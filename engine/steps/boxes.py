"""Boxes: what stands in `\\boxed{...}`, the mark by which solutions point at their answer. Standard library only."""

from __future__ import annotations

import re

_BOXED = re.compile(r"\\(?:begin)?(?:boxed|fbox)\s*\{")
_BARE_BOX = re.compile(
    r"\\(?:boxed|fbox)(?:\s+|(?=[0-9]))([^\s{}$\\]{1,40})"
)  # TeX boxes the next sign; people mean the word
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


def boxed_contents(text: str) -> list[tuple[int, str]]:
    """(end, content) of every closed `\\boxed{...}` or `\\fbox{...}`, braces balanced; an unclosed one is none."""
    bare = [(match.end(), match[1]) for match in _BARE_BOX.finditer(text)]
    starts = [match.end() for match in _BOXED.finditer(text)]
    if not starts:
        return bare
    wanted = {start - 1: start for start in starts}
    open_braces: list[int] = []
    closed: list[tuple[int, str]] = []
    for match in _BRACE.finditer(text, starts[0] - 1):
        if match.group() == "{":
            open_braces.append(match.start())
        elif match.group() == "}" and open_braces:
            start = wanted.get(open_braces.pop())
            if start is not None:
                closed.append((match.end(), text[start : match.start()].strip()))
    return sorted(bare + closed)
