"""python -m tests.benchmarks.figures [SECTION ...]: measure FIGURES.md anew, all of it or these sections.

Each section is what a program prints, below its command, the machine and the day. A section whose program fails keeps
what it has. Nothing else runs beside a measurement, and nothing else of yours should.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "FIGURES.md"
GB = 1e9


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: the module that measures it and its arguments."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        return " ".join(("python -m", self.module, *self.arguments))


SECTIONS = (
    Section("tui", "tests.benchmarks.tui"),
    Section("work", "tests.benchmarks.work"),
    Section("resume", "tests.benchmarks.resume", ("--kills", "20")),
    Section("prefix", "tests.benchmarks.prefix", ("--problems", "48")),
    Section("suites", "tests.validity.grading"),
    Section("grading", "tests.benchmarks.grading"),
    Section("validity", "tests.validity.alignment", ("--set", "validate.sample=none")),
    Section("alignment", "tests.benchmarks.alignment"),
)

Run = Callable[[Section], str]
"""What the program of a section prints; CalledProcessError where it fails."""


def run_program(section: Section) -> str:
    command = [sys.executable, "-m", section.module, *section.arguments]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def machine() -> str:
    """Processor, cores, memory, system and Python in a line."""
    memory, python = psutil.virtual_memory().total / GB, platform.python_version()
    return f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {python}"


def processor() -> str:
    """The processor's own name, where the system tells it."""
    told = Path("/proc/cpuinfo")
    names = re.findall(r"^model name\s*:\s*(.+)$", told.read_text(), re.MULTILINE) if told.is_file() else []
    return str(names[0]) if names else platform.processor() or platform.machine()


def measured(section: Section, printed: str, where: str, day: date) -> str:
    """The Markdown of a section that was measured just now."""
    return f"`{section.command}` · {where} · {day.isoformat()}\n\n```\n{printed.strip()}\n```"


def replaced(page: str, name: str, text: str) -> str:
    """The page with `text` between the marks of a section; KeyError where it has no such marks."""
    begin, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise KeyError(name)
    return f"{before}{begin}{text}{end}{after}"


def measure(sections: Sequence[Section], page: Path = PAGE, run: Run = run_program) -> int:
    """Bring these sections of the page up to date, each as soon as it is measured; how many failed."""
    failed = 0
    for section in sections:
        print(f"$ {section.command}", flush=True)
        try:
            text = measured(section, run(section), machine(), date.today())
        except subprocess.CalledProcessError as error:
            print(f"{section.name} failed with exit code {error.returncode}; its figures stay as they are", flush=True)
            failed += 1
        else:
            page.write_text(replaced(page.read_text(encoding="utf-8"), section.name, text), encoding="utf-8")
    return failed


def main(arguments: Sequence[str] | None = None) -> int:
    names = [section.name for section in SECTIONS]
    parser = argparse.ArgumentParser(prog="tests.benchmarks.figures", description="Measure FIGURES.md anew.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(names)}; none: all")
    chosen = parser.parse_args(arguments).sections
    if unknown := [name for name in chosen if name not in names]:
        parser.error(f"no section {unknown[0]}; there are {', '.join(names)}")
    return 1 if measure([section for section in SECTIONS if not chosen or section.name in chosen]) else 0


if __name__ == "__main__":
    sys.exit(main())
