"""The command: what goes together, where each job is sent, exit codes, and what may be imported on the way."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import app.batch
import app.doctor
import app.listing
from app import cli
from app.doctor import check_lines
from app.listing import fit_cells
from engine.errors import EnvironmentMissing
from tests.cost import STUCK_S

pytestmark = pytest.mark.xdist_group("alone")

ROOT = Path(__file__).resolve().parents[2]

IMPORT_LIMIT = 90
"""Modules that `import app.cli` may bring in beside the interpreter's own; it was 42 when this was written."""


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=STUCK_S, check=False, **options)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was asked of `app.batch.start`, instead of a run."""
    calls: list[dict[str, Any]] = []

    def start(runs: Path, recipe: str, preset: str | None, sets: list[str], **options: Any) -> int:
        calls.append({"runs": runs, "recipe": recipe, "preset": preset, "sets": sets, **options})
        return 4

    monkeypatch.setattr(app.batch, "start", start)
    return calls


# Start-up


def test_the_command_imports_nothing_heavy() -> None:
    code = "import sys; own = set(sys.modules); import app.cli; print(*sorted(set(sys.modules) - own))"
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = process.stdout.split()
    for heavy in ("textual", "torch", "pydantic", "numpy", "transformers", "rich", "asyncio", "app.batch", "app.tui"):
        assert heavy not in loaded
    assert len(loaded) < IMPORT_LIMIT


def test_batch_lists_and_status_bring_in_no_textual() -> None:
    code = "import sys, app.batch, app.listing, app.doctor; print(*sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"textual", "torch", "numpy", "transformers"} & set(process.stdout.split())


# Arguments


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["demo"], "did you mean --batch demo?"),
        (["--bath", "demo"], "did you mean --batch?"),
        (["--batch"], "--batch needs a recipe"),
        (["--set", "seed=1"], "--set needs --batch"),
        (["--preset", "cpu", "--list"], "--preset needs --batch"),
        (["--batch", "demo", "--resume", "x"], "leave out the recipe"),
        (["--resume", "x", "--preset", "cpu"], "leave out --preset"),
        (["--resume", "x", "--list"], "a job of its own"),
        (["--batch", "demo", "--list"], "not allowed with"),
        (["--json"], "--json needs"),
        (["--cancel", "x", "--json"], "--json needs"),
    ],
)
def test_what_does_not_go_together_is_refused(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert "next: mathreason-tui --help" in err


def test_a_recipe_is_handed_to_batch_as_asked(started: list[dict[str, Any]], tmp_path: Path) -> None:
    arguments = [
        "--batch",
        "demo",
        "--preset",
        "cpu",
        "--set",
        "a=1",
        "--set",
        "b=2",
        "--note",
        "tuned",
        "--json",
        "--runs",
        str(tmp_path),
    ]
    assert cli.main(arguments) == 4, "the run's exit code is the command's"
    expected = {
        "runs": tmp_path,
        "recipe": "demo",
        "preset": "cpu",
        "sets": ["a=1", "b=2"],
        "as_json": True,
        "note": "tuned",
    }
    assert started == [expected | {"argv": arguments}]


def test_runs_lie_where_the_option_says_else_the_variable_else_here(
    started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MATHREASON_RUNS", raising=False)
    cli.main(["--batch", "demo"])
    monkeypatch.setenv("MATHREASON_RUNS", "/elsewhere")
    cli.main(["--batch", "demo"])
    cli.main(["--batch", "demo", "--runs", "~/x"])
    assert [call["runs"] for call in started] == [Path("runs"), Path("/elsewhere"), Path.home() / "x"]


def test_resume_stands_with_batch_or_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def resume(runs: Path, text: str, sets: Sequence[str], as_json: bool) -> int:
        asked.append(text)
        return 130

    monkeypatch.setattr(app.batch, "resume", resume)
    assert cli.main(["--resume", "3f9a"]) == 130
    assert cli.main(["--batch", "--resume", "last"]) == 130
    assert asked == ["3f9a", "last"]


# With and without a terminal


def test_without_a_terminal_the_demo_runs_headless_and_says_so(
    started: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([]) == 4
    assert [call["recipe"] for call in started] == ["demo"]
    assert "no terminal here" in capsys.readouterr().err


def test_the_application_asked_for_by_name_never_falls_back(
    started: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--tui"]) == 3
    assert started == []
    assert "needs a terminal" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "mouse"), [([], True), (["--no-mouse"], False), (["--tui"], True)])
def test_with_a_terminal_the_application_opens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], mouse: bool
) -> None:
    opened: list[dict[str, Any]] = []

    def run_tui(**options: Any) -> int:
        opened.append(options)
        return 0

    tui = ModuleType("app.tui")
    tui.run_tui = run_tui  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "app.tui", tui)
    monkeypatch.setattr(cli, "has_terminal", lambda: True)
    assert cli.main([*arguments, "--runs", str(tmp_path)]) == 0
    assert opened == [{"runs_dir": tmp_path, "mouse": mouse}]


# Errors


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (EnvironmentMissing("no disk", "free some"), 3, "no disk\n  next: free some"),
        (PermissionError(13, "Permission denied", "/root/x"), 3, "/root/x: Permission denied"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_errors_are_said_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, says: str
) -> None:
    def fail(*arguments: Any, **options: Any) -> int:
        raise error

    monkeypatch.setattr(app.batch, "start", fail)
    assert cli.main(["--batch", "demo"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert "Traceback" not in err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m app.cli --list demo | true; echo ${{PIPESTATUS[0]}}"
    process = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert process.stdout.splitlines()[-1] == "0"
    assert process.stderr == ""


def test_a_terminal_without_the_glyphs_gets_question_marks() -> None:
    process = run("--doctor", env={"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin"})
    assert "? python" in process.stdout
    assert "Traceback" not in process.stderr


def test_help_shows_examples_and_exit_codes() -> None:
    process = run("--help")
    assert process.returncode == 0
    for word in ("mathreason-tui --batch demo", "exit codes:", "130 interrupted", '{"type": "item"', "MATHREASON_RUNS"):
        assert word in process.stdout
    assert max(map(len, process.stdout.splitlines())) <= 120


# --list, --doctor, --status


@pytest.fixture
def engine_says(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any] | Exception], None]:
    def choose(answer: dict[str, Any] | Exception) -> None:
        def ask(question: str, request: Any = None) -> dict[str, Any]:
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(app.listing, "ask", ask)
        monkeypatch.setattr(app.doctor, "ask", ask)

    return choose


def test_list_shows_recipes_presets_and_their_fit() -> None:
    process = run("--list")
    assert process.returncode == 0, process.stderr
    for name in ("demo", "realign", "score-solutions", "cpu", "mac-8gb-qlora", "h100-bf16"):
        assert f"  {name} " in process.stdout
    assert "✓ fits" in process.stdout


def test_the_list_comes_when_the_machine_cannot_be_asked(
    engine_says: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    engine_says(EnvironmentMissing("the engine cannot be asked: no module"))
    assert cli.main(["--list"]) == 0
    out = capsys.readouterr().out
    assert "? unknown" in out
    assert "fit unknown: the engine cannot be asked" in out
    assert cli.main(["--list", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    named = [line["name"] for line in lines if line["type"] == "recipe"]
    assert {"demo", "realign", "regrade", "score-solutions"} <= set(named)
    assert named == sorted(named)
    assert all(line["estimate"] is None for line in lines if line["type"] == "preset")


def test_a_fit_is_a_glyph_a_word_and_figures() -> None:
    assert fit_cells({"fit": "tight", "total_gb": 1.44, "capacity_gb": 1.5}) == ("≈ tight", "1.4 of 1.5 GB")
    assert fit_cells({"error": "no such model", "next_step": ""}) == ("? unknown", "no such model")


def test_list_of_a_recipe_shows_what_can_be_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--list", "demo"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"evaluate\.max_new_tokens +\d+ ", out)
    assert "Longest solution, in tokens" in out
    assert cli.main(["--list", "demo", "--json"]) == 0
    settings = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["type"] for line in settings} == {"setting"}
    assert cli.main(["--list", "demmo"]) == 2
    assert 'did you mean "demo"' in capsys.readouterr().err


CHECKS = [
    {"name": "python", "ok": True, "found": "3.11", "next_step": ""},
    {"name": "mlx", "ok": None, "found": "not installed", "next_step": "pip install mlx"},
]


def test_doctor_passes_where_nothing_needed_is_missing(
    engine_says: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    engine_says({"hardware": {"cores": 2}, "checks": CHECKS})
    assert cli.main(["--doctor"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "✓ python  3.11", "– mlx     not installed", "          next: pip install mlx",
    ]  # fmt: skip


def test_doctor_ends_with_3_where_a_needed_thing_is_missing(
    engine_says: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    torch = {"name": "torch", "ok": False, "found": "missing", "next_step": "pip install torch"}
    engine_says({"hardware": {"cores": 2}, "checks": [*CHECKS, torch]})
    assert cli.main(["--doctor", "--json"]) == 3
    out, err = capsys.readouterr()
    assert [json.loads(line)["type"] for line in out.splitlines()] == ["hardware", "check", "check", "check"]
    assert "missing: torch" in err
    assert check_lines([torch])[0].startswith("✕ torch")


def test_status_of_no_runs_is_not_an_empty_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--status", "--runs", str(tmp_path)]) == 0
    assert f"no runs in {tmp_path}" in capsys.readouterr().out
    assert cli.main(["--status", "--runs", str(tmp_path / "none")]) == 2
    assert "no folder of runs" in capsys.readouterr().err


def test_status_names_each_run_and_what_became_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = tmp_path / "2026-11-21-100000-demo-ab12"
    damaged.mkdir()
    (damaged / "events.jsonl").write_text('{"torn')
    assert cli.main(["--status", "--runs", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert damaged.name in out
    assert "? unreadable" in out
    assert cli.main(["--status", "ab12", "--json", "--runs", str(tmp_path)]) == 0
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert (line["type"], line["id"], line["status"]) == ("run", damaged.name, "unreadable")


def test_a_missing_package_is_named_and_a_missing_room_of_ours_is_a_defect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lacks(name: str) -> Callable[..., int]:
        def dispatch(*arguments: object) -> int:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

        return dispatch

    monkeypatch.setattr("app.cli._dispatch", lacks("pydantic.fields"))
    assert cli.main(["--list"]) == 3
    assert "the package pydantic is not installed\n  next: " in capsys.readouterr().err
    monkeypatch.setattr("app.cli._dispatch", lacks("engine.runs.nothing"))
    with pytest.raises(ModuleNotFoundError):
        cli.main(["--list"])
