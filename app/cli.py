"""The command `mathreason-tui`: arguments in, exit code out. Each job is imported when it is asked for.

Neither Textual nor pydantic nor anything heavier is imported here, so that the terminal paints at once.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from engine.errors import EnvironmentMissing, MathReasonError

PROGRAM = "mathreason-tui"
DEMO = "demo"
"""What runs where there is no terminal to open."""

RUNS_VARIABLE = "MATHREASON_RUNS"
OWN_ROOMS = ("", "app", "engine", "screens", "presets")
"""A module of these that is missing is a defect, which its traceback explains best."""

DESCRIPTION = """\
A terminal workbench for the mathematical reasoning of language models.
Without arguments it opens the terminal application; without a terminal it runs the recipe `demo` headless.
"""

EPILOG = """\
examples:
  mathreason-tui                                        open the application
  mathreason-tui --batch demo                           24 problems, the embedded model, headless
  mathreason-tui --batch realign --preset cuda-24gb-qlora --set problems.source=gsm8k --set problems.limit=200
  mathreason-tui --batch realign --set models.policy=openai:http://localhost:8000/v1#my-model
  mathreason-tui --batch score-solutions --set problems.path=solutions.jsonl
  mathreason-tui --batch regrade --set run=last         grade the newest run's solutions again, list what changed
  mathreason-tui --batch my_recipe.toml --json | jq .   a recipe of your own, as JSON lines
  mathreason-tui --list demo                            what can be changed with --set, and what it means
  mathreason-tui --compare 3f9a 5bd2                    the second run against the first, item by item
  mathreason-tui --resume 3f9a                          go on with an interrupted run (any part of its id; or "last")

with --batch and --resume, stdout is data and stderr is narration. --json writes one JSON object a line:
  {"type": "run", "id", "path", "recipe", "preset", "models", "seed"}             first
  {"type": "item", "stage", "id", "verdict", "rule", "predicted", "answer", "quadrant", "coverage", ...}
                                                                                  each item as it is finished
  {"type": "summary", "status", "exit_code", "summary", "artifacts", ...}         last
with --compare: {"type": "comparison", "table", "accuracy", "difference", "p_value", ...} first, then
  {"type": "flip", "kind", "id", "answer", "a", "b"}                              each item whose outcome differs
a run lives in a process of its own: closing the terminal leaves it going, Ctrl-C cancels it and keeps what is finished.

exit codes:
  0 done   1 the run failed   2 wrong usage or settings   3 this machine lacks something (it says what)
  4 a threshold of the recipe was not reached   130 interrupted, resumable

environment:
  MATHREASON_RUNS   where runs lie (else ./runs)
  MATHREASON_CACHE  where caches lie (else ~/.cache/mathreason-tui)
  NO_COLOR          no colours
"""


class _Parser(argparse.ArgumentParser):
    """Says what went wrong before how to use it, and with exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n  next: {self.prog} --help shows what there is\n")


def make_parser() -> argparse.ArgumentParser:
    """The options; what may stand together is checked by `parse`."""
    parser = _Parser(
        prog=PROGRAM, description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter, usage=f"{PROGRAM} [OPTIONS]",
    )  # fmt: skip
    jobs = parser.add_argument_group("jobs (one at a time)").add_mutually_exclusive_group()
    jobs.add_argument("--tui", action="store_true", help="open the application (the default in a terminal)")
    jobs.add_argument(
        "--batch", nargs="?", const="", metavar="RECIPE", help="run a recipe headless: a name (--list) or a .toml file"
    )
    jobs.add_argument(
        "--list", nargs="?", const="", metavar="RECIPE",
        help="show recipes and presets, and which presets fit here; or the settings of one recipe",
    )  # fmt: skip
    jobs.add_argument("--doctor", action="store_true", help="show what this machine can do and what it lacks")
    jobs.add_argument("--status", nargs="?", const="", metavar="RUN", help="show all runs, or one")
    jobs.add_argument(
        "--compare", nargs=2, metavar="RUN",
        help="the second run against the first: table, exact McNemar p value, intervals, flips; RUN/STAGE is one stage",
    )  # fmt: skip
    jobs.add_argument("--cancel", metavar="RUN", help="end a run; what it has finished is kept")
    jobs.add_argument("--version", action="store_true", help="show the version")
    how = parser.add_argument_group("how")
    how.add_argument("--preset", metavar="NAME", help="hardware preset (--list), or a .toml file")
    how.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="sets",
        help="change a setting, e.g. problems.limit=10, models.policy=hf:ORG/NAME, evaluate.few_shot=4; repeatable "
        "(with --resume only batch sizes and threads)",
    )  # fmt: skip
    how.add_argument("--note", default="", metavar="TEXT", help="a few words to know the run by, in every list of runs")
    how.add_argument("--resume", metavar="RUN", help="go on with an interrupted run, or follow one that is going")
    how.add_argument("--runs", type=Path, metavar="DIR", help=f"where runs lie (default ${RUNS_VARIABLE}, else ./runs)")
    how.add_argument("--json", action="store_true", help="machine-readable output")
    how.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    return parser


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments, checked for what does not go together (exit code 2)."""
    parser = make_parser()
    args, unknown = parser.parse_known_args(argv)
    if unknown:
        parser.error(_unknown_argument(parser, unknown[0]))
    if args.batch == "" and args.resume is None:
        parser.error("--batch needs a recipe, e.g. --batch demo")
    if args.resume is not None and args.batch:
        parser.error("--resume goes on with a run as it was asked for: leave out the recipe")
    if args.resume is not None and args.preset is not None:
        parser.error("--resume goes on with a run as it was asked for: leave out --preset")
    shows = args.list is not None or args.doctor or args.status is not None or args.compare is not None
    if args.resume is not None and (shows or args.cancel or args.tui or args.version):
        parser.error("--resume is a job of its own")
    if not args.batch and (args.preset is not None or (args.sets and args.resume is None)):
        parser.error(f"{'--set' if args.sets else '--preset'} needs --batch RECIPE")
    if args.note and not args.batch:
        parser.error("--note needs --batch RECIPE")
    if args.json and not (shows or args.batch or args.resume is not None):
        parser.error("--json needs --batch, --resume, --list, --doctor, --status or --compare")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments ask for; returns the exit code and prints no traceback for an error a user can meet."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a glyph gets a ? instead of an error
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    args = parse(argv)
    try:
        code = _dispatch(args, list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return code
    except MathReasonError as error:
        from engine.printable import printable

        print(printable(f"{PROGRAM}: {error}"), file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # the reader of our output has seen enough (`--list | head`)
        _forget_stdout()
        return 0
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"{PROGRAM}: {place}{error.strerror or error}", file=sys.stderr)
        print("  next: check that path, or name another folder with --runs DIR", file=sys.stderr)
        return EnvironmentMissing.exit_code
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in OWN_ROOMS:
            raise
        print(f"{PROGRAM}: the package {package} is not installed", file=sys.stderr)
        print("  next: install the program's dependencies again", file=sys.stderr)
        return EnvironmentMissing.exit_code
    except KeyboardInterrupt:
        return 130


def runs_dir(chosen: Path | None) -> Path:
    """Where runs lie: the option, else the variable, else ./runs."""
    return (chosen or Path(os.environ.get(RUNS_VARIABLE) or "runs")).expanduser()


def _dispatch(args: argparse.Namespace, argv: list[str]) -> int:
    runs = runs_dir(args.runs)
    if args.version:
        return _show_version()
    if args.list is not None:
        from app.listing import show_list, show_settings

        return show_settings(args.list, as_json=args.json) if args.list else show_list(as_json=args.json)
    if args.doctor:
        from app.doctor import show_doctor

        return show_doctor(as_json=args.json)
    if args.status is not None:
        from app.listing import show_status

        return show_status(runs, args.status, as_json=args.json)
    if args.compare is not None:
        from app.comparing import show_comparison

        return show_comparison(runs, args.compare, as_json=args.json)
    if args.cancel is not None:
        from app.batch import cancel

        return cancel(runs, args.cancel)
    if args.resume is not None:
        from app.batch import resume

        return resume(runs, args.resume, args.sets, as_json=args.json)
    if args.batch:
        from app.batch import start

        return start(runs, args.batch, args.preset, args.sets, argv=argv, as_json=args.json, note=args.note)
    return _open(runs, args, argv)


def _show_version() -> int:
    from importlib.metadata import PackageNotFoundError, version

    try:
        print(f"{PROGRAM} {version(PROGRAM)}")
    except PackageNotFoundError:
        print(f"{PROGRAM} (not installed: running from its source)")
    return 0


def _open(runs: Path, args: argparse.Namespace, argv: list[str]) -> int:
    """The application; without a terminal the demo, unless the application was asked for by name."""
    if has_terminal():
        from app.tui import run_tui

        return run_tui(runs_dir=runs, mouse=not args.no_mouse)
    if args.tui:
        raise EnvironmentMissing(
            "the application needs a terminal, and standard input or output is none",
            f"run it in a terminal, or headless: {PROGRAM} --batch {DEMO}",
        )
    from app.batch import start

    note = f"no terminal here: running the recipe {DEMO} headless, as {PROGRAM} --batch {DEMO} does"
    print(note, file=sys.stderr)
    return start(runs, DEMO, None, [], argv=argv, as_json=False)


def has_terminal() -> bool:
    """Whether somebody can see the application and press keys in it."""
    streams = (sys.stdin, sys.stdout)  # None where the caller closed them
    return all(stream is not None and stream.isatty() for stream in streams) and os.environ.get("TERM") != "dumb"


def _unknown_argument(parser: argparse.ArgumentParser, word: str) -> str:
    if not word.startswith("-"):
        return f"there is no place for {word!r}: did you mean --batch {word}?"
    options = [option for action in parser._actions for option in action.option_strings]
    near = difflib.get_close_matches(word.partition("=")[0], options, n=1)
    return f"unknown option {word}" + (f": did you mean {near[0]}?" if near else "")


def _forget_stdout() -> None:
    """Point stdout to nothing, so that the interpreter's last flush does not complain as well."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
