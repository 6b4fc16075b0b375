"""The stage "validate": the validity table of the user's own embedder, as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.alignment.aligner import ALIGNER_VERSION
from engine.context import StageContext, StageResult
from engine.recipes.labelled_sets import missing_sets
from engine.recipes.stages.validate import ValidateSettings, require_data
from engine.runs.events import Measured, Progress
from engine.runs.files import write_atomic
from engine.statistics.wording import MEASURED, shown
from engine.validation.table import SECTIONS, Line, figures

TEXT_NAME, MARKDOWN_NAME, JSON_NAME = "summary.txt", "validity.md", "validity.json"


def run(settings: ValidateSettings, context: StageContext) -> StageResult:
    """Measure every section and write the table; a run that was cut off measures again, from cached embeddings."""
    require_data(settings)
    context.started("validate", len(SECTIONS), unit="sections")
    if settings.data and (missing := missing_sets(settings.data)):
        absent = "; ".join(f"{name} ({', '.join(files)})" for name, files in missing.items())
        context.warn(f"not measured, since {settings.data} lacks their files: {absent}", "add them, then run it again")
    context.note("loading the embedder")
    embedder = context.models.embedder()
    data = Path(settings.data) if settings.data else None
    made: list[Line] = []
    context.note(SECTIONS[0])
    sections = figures(embedder.embed, data, settings.sample, settings.problems, context.recipe.seed)
    for done, section in enumerate(sections, start=1):
        context.checkpoint()
        made += section
        for line in section:
            context.emit(Measured(context.stage, **line.as_dict()))
        context.emit(Progress(context.stage, done, len(SECTIONS), SECTIONS[done] if done < len(SECTIONS) else ""))
    head = f"alignment scores, aligner {ALIGNER_VERSION}, embedder {embedder.name}"
    write_atomic(context.folder() / TEXT_NAME, text_table(head, made))
    write_atomic(context.folder() / MARKDOWN_NAME, markdown_table(head, made))
    document = {
        "aligner": ALIGNER_VERSION,
        "embedder": embedder.name,
        "fingerprint": embedder.fingerprint,
        "figures": [line.as_dict() for line in made],
    }
    named = {"text": f"{context.stage}/{TEXT_NAME}", "markdown": f"{context.stage}/{MARKDOWN_NAME}"}
    return StageResult({"validity": document["figures"]}, {**named, "validity": context.keep(JSON_NAME, document)})


def text_table(head: str, made: Sequence[Line]) -> str:
    """The table for a terminal of 80 columns: a heading a section, a line a figure, a note below its figure."""
    width = max((len(line.name) for line in made), default=0)
    lines = [head]
    section = ""
    for line in made:
        if line.section != section:
            section = line.section
            lines += ["", section]
        if line.figure.value is None:
            lines.append(f"  {line.name}: {line.note}")
            continue
        lines.append(f"  {line.name:<{width}}  {shown(line.figure, MEASURED):<20}{line.figure.n or '':>6}".rstrip())
        if line.note:
            lines.append(f"    {line.note}")
    return "\n".join(lines) + "\n"


def markdown_table(head: str, made: Sequence[Line]) -> str:
    """The same for a report."""
    lines = [f"# Validity: {head}", "", "| | figure | value [95 %] | n | |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {line.section} | {line.name} | {shown(line.figure, MEASURED)} | {line.figure.n or ''} | {line.note} |"
        for line in made
    ]
    return "\n".join(lines) + "\n"
