"""The one way to problems: from settings to the problems of a run and its few-shot pool.

Promises: the same settings, seed and data give the same problems in the same order; no problem has the question of a
few-shot example; a bad row, file, column or filter is one UserError that names it, or (on_bad_row=skip) a warning.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from engine.errors import MathReasonError, UserError
from engine.problems import few_shot, generator
from engine.problems.columns import (
    BadRow,
    Kind,
    Layout,
    Naming,
    choose_layout,
    question_of,
    to_problem,
    without_solution,
)
from engine.problems.few_shot import Candidate, FewShotPool
from engine.problems.hub import HUB, hub_table, hub_train_table
from engine.problems.problem import Problem
from engine.problems.selection import select, select_embedded
from engine.problems.tables import RawRow, Table, find_split, read_rows, stem, train_beside
from engine.problems.wording import PRESETS
from engine.recipes.columns import ROWS_LOOKED_AT
from engine.recipes.sections import ColumnNames, ProblemSettings

FAULTS_SHOWN = 3  # skipped rows named in the warning; the rest is a count


@dataclass(frozen=True, slots=True)
class ProblemSet:
    """The problems of a run, the few-shot pool that none of them is in, and what a person should know."""

    problems: tuple[Problem, ...]
    pool: FewShotPool
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    """Skipped rows of one pass over a table."""

    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def load_problems(settings: ProblemSettings, seed: int, cache_dir: Path, *, with_pool: bool = True) -> ProblemSet:
    """Load what the settings ask for. `with_pool` False draws no few-shot pool and so leaves nothing out.

    `source` "embedded" with a `path` means: the path's file, its format found out from its columns.
    Raises UserError, and EnvironmentMissing where a hub is needed and not reached.
    """
    if settings.source == "embedded" and not settings.path:
        problems = select_embedded(settings, seed)
        pool, warnings = _embedded_pool(cache_dir) if with_pool else (_no_pool("embedded"), [])
        return ProblemSet(tuple(problems), pool, tuple(warnings))
    table, train, warnings = _tables(settings)
    layout = choose_layout(_samples(table, settings), settings.columns, table.kind, table.origin)
    pool, more = _pool(table, train, layout, settings, cache_dir) if with_pool else (_no_pool(table.origin), [])
    warnings += more
    reading = _Reading()
    problems, seen = select(_problems(table, layout, settings, reading), settings, seed, table.origin, pool.questions())
    if train is not None and seen.left_out:
        warnings.append(f"{seen.left_out} problems ask the question of a few-shot example and are left out")
    if reading.faults:
        warnings.append(_skipped(reading.faults, table.origin))
    return ProblemSet(tuple(problems), pool, tuple(warnings + reading.warnings))


def _tables(settings: ProblemSettings) -> tuple[Table, Table | None, list[str]]:
    """(the table of the problems, that of the train split or None where it has none apart from it, warnings)."""
    if settings.path:
        return _file_tables(settings, Path(settings.path).expanduser())
    if settings.source == "jsonl" or settings.source == "embedded":
        raise UserError("the source jsonl needs a file", "say which: --set problems.path=FILE")
    table = hub_table(settings.source, settings.split)
    return table, None if settings.split == "train" else hub_train_table(settings.source), []


def _file_tables(settings: ProblemSettings, path: Path) -> tuple[Table, Table | None, list[str]]:
    warnings: list[str] = []
    if path.is_dir():
        path = find_split(path, settings.split, "hard" if settings.source == "math-hard" else "")
    elif not path.exists():
        raise UserError(f"there is no file or folder {path}", "check the path: --set problems.path=FILE_OR_FOLDER")
    elif settings.split == "train" and "train" not in stem(path).lower():
        warnings.append(f"problems.path names the file {path}, so problems.split=train changes nothing")
    train = train_beside(path) if settings.split == "test" else None
    return _file_table(settings, path), _file_table(settings, train) if train else None, warnings


def _file_table(settings: ProblemSettings, path: Path) -> Table:
    name = stem(path)
    if settings.source == "embedded" or settings.source == "jsonl":
        # "test" alone says little; "gsm8k/test" says what it is.
        source = f"{path.resolve().parent.name}/{name}" if name in ("train", "test") else name
        kind: Kind | None = None if settings.source == "embedded" else "generic"
        prefix, level = source, ""
    else:
        source, kind, level = settings.source, HUB[settings.source].kind, HUB[settings.source].level
        prefix = f"{source}-{name}"
    return Table(
        origin=str(path),
        source=source,
        id_prefix=re.sub(r"[^\w.-]+", "-", prefix),
        kind=kind,
        rows=lambda: read_rows(path),
        fingerprint=lambda: _file_hash(path, f"{source} {kind} {settings.columns.model_dump_json()}"),
        level=level,
    )


def _file_hash(path: Path, reading: str) -> str:
    """Of the content and of how it is read."""
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(f"{content} {reading}".encode("utf-8", "backslashreplace")).hexdigest()


def _samples(table: Table, settings: ProblemSettings) -> list[dict[str, object]]:
    rows = [dict(raw.columns) for raw in islice(table.rows(), ROWS_LOOKED_AT) if raw.columns is not None]
    if not rows:
        first = next(iter(table.rows()), None)
        if first is None:
            raise UserError(f"{table.origin} is empty", "give a file with one JSON object a line")
        raise _bad_row(first, BadRow(first.fault), settings)
    return rows


def _problems(table: Table, layout: Layout, settings: ProblemSettings, reading: _Reading) -> Iterator[Problem]:
    """Every problem of the table, as it is read."""
    naming = Naming(table.source, table.id_prefix)
    for raw in table.rows():
        try:
            problem = _problem(raw, layout, naming)
        except BadRow as fault:
            if settings.on_bad_row == "error":
                raise _bad_row(raw, fault, settings) from fault
            reading.faults.append(f"{raw.place} {fault}")
            continue
        if not table.level or problem.level == table.level:
            yield problem
    if naming.doubles:
        reading.warnings.append(
            f"{naming.doubles} rows of {table.origin} have an id that was there before; they got -2, -3"
        )


def _problem(raw: RawRow, layout: Layout, naming: Naming) -> Problem:
    if raw.columns is None:
        raise BadRow(raw.fault)
    return to_problem(raw.columns, raw.number, layout, naming)


def _bad_row(raw: RawRow, fault: BadRow, settings: ProblemSettings) -> UserError:
    skip = "" if settings.on_bad_row == "skip" else ", or leave such rows out: --set problems.on_bad_row=skip"
    return UserError(f"{raw.place} {fault}", f"mend the row{skip}")


def _skipped(faults: list[str], origin: str) -> str:
    more = f"; and {len(faults) - FAULTS_SHOWN} more" if len(faults) > FAULTS_SHOWN else ""
    return f"skipped {len(faults)} bad rows of {origin}: {'; '.join(faults[:FAULTS_SHOWN])}{more}"


def _no_pool(origin: str) -> FewShotPool:
    return FewShotPool((), "", origin)


def _embedded_pool(cache_dir: Path) -> tuple[FewShotPool, list[str]]:
    files = sorted(PRESETS.glob("*.toml"))
    fingerprint = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

    def make() -> tuple[Problem, ...]:
        return tuple(generator.generate(few_shot.POOL_SIZE, few_shot.POOL_SEED, stream="few-shot"))

    return few_shot.saved_pool(cache_dir, "embedded", fingerprint, "embedded (few-shot)", make)


def _pool(
    table: Table, train: Table | None, layout: Layout, settings: ProblemSettings, cache_dir: Path
) -> tuple[FewShotPool, list[str]]:
    """The pool of the train split, or of the table itself where it has none; and warnings."""
    if train is not None:
        try:
            make = partial(_draw, train, settings, None)
            return few_shot.saved_pool(cache_dir, _slug(train), train.fingerprint(), train.origin, make)
        except MathReasonError as error:
            # A run without examples needs no train split; one with them meets FewShotPool.first.
            return _no_pool(train.origin), [f"there is no few-shot pool: {error.message}"]
    if layout.solution is not None:
        return _no_pool(table.origin), []  # the file's solutions are to be scored: none of them may go missing
    make = partial(_draw, table, settings, layout)
    pool, warnings = few_shot.saved_pool(cache_dir, _slug(table), table.fingerprint(), table.origin, make)
    if pool.examples:
        count = len(pool.examples)
        reason = "" if settings.split == "train" else " (no train split stands beside it)"
        warnings.append(f"{count} problems of {table.origin} are its few-shot pool and are left out{reason}")
    return pool, warnings


def _draw(table: Table, settings: ProblemSettings, own: Layout | None) -> tuple[Problem, ...]:
    """Draw the pool; `own` is the layout of a table that is evaluated too, which must have rows to spare."""
    layout = own or _train_layout(table, settings)
    usable = 0

    def candidates() -> Iterator[Candidate]:
        for raw in table.rows():
            if raw.columns is not None and (question := question_of(raw.columns, layout)):
                yield question, partial(_candidate, raw, layout, table)

    if own is not None:
        for _, make in candidates():
            problem = make()
            usable += problem is not None and few_shot.is_usable(problem)
            if usable == few_shot.ROWS_TO_SPARE:
                break
        else:
            return ()
    return few_shot.draw_pool(candidates)


def _candidate(raw: RawRow, layout: Layout, table: Table) -> Problem | None:
    """The problem of a row, None where it cannot be used; the rows that are evaluated are judged elsewhere."""
    try:
        return _problem(raw, layout, Naming(table.source, table.id_prefix))
    except BadRow:
        return None


def _train_layout(table: Table, settings: ProblemSettings) -> Layout:
    """The train split may have other columns than a file whose columns were named."""
    samples = _samples(table, settings)
    try:
        return choose_layout(samples, without_solution(settings.columns), table.kind, table.origin)
    except UserError:
        return choose_layout(samples, ColumnNames(), table.kind, table.origin)


def _slug(table: Table) -> str:
    return re.sub(r"[^\w.-]+", "-", table.source)
