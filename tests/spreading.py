"""How pytest-xdist spreads the tests: each goes to whoever is free, those of one `xdist_group` to one process, in turn.

That is its own `--dist loadgroup`, which tells groups by the ids of tests and with pytest 9.2 silently tells none
(pytest-dev/pytest-xdist issue 1386). Here the marks are read from the files: the process that spreads collects nothing.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

MARK = "xdist_group"


class GroupScheduling(LoadScopeScheduling):
    """The largest group first, then single tests in the order of the files."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid, self.config.rootpath) or nodeid


def group_of(nodeid: str, root: Path) -> str | None:
    """The group of a test: its own mark, else that of its module, else None."""
    path, _, rest = nodeid.partition("::")
    groups = _groups_in(root / path)
    return groups.get(rest.partition("[")[0]) or groups.get("")


@functools.cache
def _groups_in(file: Path) -> dict[str, str]:
    """The groups that a file marks: by the name of the function, "" for `pytestmark`."""
    found: dict[str, str] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name, expressions = node.name, node.decorator_list
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            name, expressions = "", [node.value]
        else:
            continue
        for expression in expressions:
            found.update((name, group) for group in _marked(expression))
    return found


def _marked(expression: ast.expr) -> Iterator[str]:
    for node in ast.walk(expression):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(f".{MARK}"):
            yield ast.literal_eval(node.args[0])
