"""How the tests start the application in a terminal: the command line a user types, with an interpreter of ours."""

from __future__ import annotations

import sys
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]


def tui_command(runs_dir: Path, *arguments: str) -> list[str]:
    """`mathreason-tui --runs DIR`, without needing the script to be installed."""
    start = f"import sys; sys.path.insert(0, {str(HOME)!r}); from app.cli import main; sys.exit(main())"
    return [sys.executable, "-P", "-c", start, "--runs", str(runs_dir), *arguments]
