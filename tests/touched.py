"""python -m tests.touched: the tests that a change touches, nearest first, for as long as there is time.

What changed is asked of git: against the trunk on another branch, else against the last commit, and always what is not
committed yet. A test is touched by a module that it imports, by however many others; the graph is grimp's, with two
kinds of edges more: a module that is named in a string (a table of stages, a patched name, `python -m`) counts as
imported, and so do the conftest.py of a test's folders. What there was no time for is skipped and counted: `make test`
runs everything.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from grimp import build_graph

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "engine", "screens", "presets", "tests")
TRUNK = "main"
SECONDS = 30.0  # for the tests: with linters, start and imports a check takes less than a minute
FILES = 30  # reading all of them takes longer than a check may
TIME_LEFT = "MATHREASON_SECONDS_OF_TESTS"
"""Environment variable: so long after they were collected tests/conftest.py starts no further test."""

_NAMED = re.compile(rf"""["'](?:python -m )?((?:{"|".join(PACKAGES)})(?:\.\w+)*)""")

Graph = Mapping[str, frozenset[str]]
"""Who imports a module: importers by the module's name."""


def changed_files(base: str | None = None) -> list[str]:
    """Paths that differ from `base`, or from where this branch left the trunk; new ones included."""
    start = base or next(iter(_git("merge-base", TRUNK, "HEAD")), "HEAD")
    return sorted({*_git("diff", "--name-only", start), *_git("ls-files", "--others", "--exclude-standard")})


def importers() -> Graph:
    graph = build_graph(*PACKAGES, cache_dir=None)
    found = {name: set(graph.find_modules_that_directly_import(name)) for name in graph.modules}
    for name in graph.modules:
        for named in _NAMED.findall(source_of(name).read_text(encoding="utf-8")):
            if (module := _longest_module(named, found)) is not None and module != name:
                found[module].add(name)
        if is_test(name):
            parts = name.split(".")
            for length in range(1, len(parts)):
                if (shared := ".".join([*parts[:length], "conftest"])) in found:
                    found[shared].add(name)
    return {name: frozenset(by) for name, by in found.items()}


def touched(files: Iterable[str], graph: Graph) -> list[str]:
    """The test modules that these files reach: what changed itself first, then by how many imports lie between."""
    distance = dict.fromkeys(sorted({module for file in files for module in modules_of(file, graph)}), 0)
    reached = list(distance)
    for module in reached:  # grows while it is walked: breadth first
        if _is_shared(module) and distance[module]:
            continue  # all tests stand on it; those that use what it hands out import that themselves
        for importer in sorted(graph[module]):
            if importer not in distance:
                distance[importer] = distance[module] + 1
                reached.append(importer)
    return [module for module in reached if is_test(module)]


def modules_of(file: str, graph: Graph) -> list[str]:
    """The module that a Python file is; of data the modules beside it, or of the nearest folder above that has any."""
    path = Path(file)
    if path.suffix == ".py":
        name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        return [name] if name in graph else []
    for folder in path.parents:
        inside = ".".join(folder.parts)
        beside = [name for name in graph if inside and name.rpartition(".")[0] == inside]
        if beside or inside in graph:
            return sorted(beside) or [inside]
    return []


def is_test(module: str) -> bool:
    return module.rpartition(".")[2].startswith("test_")


def source_of(module: str) -> Path:
    place = ROOT.joinpath(*module.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def _longest_module(named: str, graph: Mapping[str, object]) -> str | None:
    """`engine.worker` of "engine.worker.main", as a patched name is written; None where no module is meant."""
    while named and named not in graph:
        named = named.rpartition(".")[0]
    return named or None


def _is_shared(module: str) -> bool:
    return module.rpartition(".")[2] == "conftest"


def _git(*arguments: str) -> list[str]:
    """The lines that git prints; none where it fails, as it does where there is no such branch."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the tests that a change touches, nearest first.")
    parser.add_argument("--base", help="a commit to compare with, in place of where this branch left the trunk")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="no test is started so long after the first")
    parser.add_argument("--list", action="store_true", help="only say which they are")
    chosen, for_pytest = parser.parse_known_args(arguments)
    files = changed_files(chosen.base)
    modules = touched(files, importers())
    paths = [str(source_of(module).relative_to(ROOT)) for module in modules]
    nearest = f", the nearest {FILES} are run" if len(paths) > FILES else ""
    print(f"{len(files)} changed files touch {len(paths)} files of tests{nearest}", flush=True)
    if chosen.list or not paths:
        print(*paths, sep="\n")
        return 0
    command = [sys.executable, "-m", "pytest", "-n", "2", "--no-loadscope-reorder", "-m", "not real_model"]
    environment = {**os.environ, TIME_LEFT: str(chosen.seconds)}
    return subprocess.run([*command, *for_pytest, *paths[:FILES]], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
