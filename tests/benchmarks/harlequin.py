"""harlequin, a terminal application of the same library, as the peer whose first paint ours is set beside.

No dependency: it is measured where HARLEQUIN names its program or the PATH has one (`pipx install harlequin`).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.terminal.session import TerminalSession

PANES = ("Data Catalog", "Query Results")
"""What its first whole screen has, and no part of it has both."""


def find_harlequin() -> str | None:
    """Its program, None where there is none here."""
    return os.environ.get("HARLEQUIN") or shutil.which("harlequin")


def first_paint(program: str, home: Path, size: tuple[int, int]) -> float:
    """Seconds from starting the process to its first whole screen, with settings and history in `home`."""
    kept = {name: str(home) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")}
    with TerminalSession([program], size, env=kept, cwd=str(home)) as session:
        painted = session.wait_for(lambda: all(pane in session.text for pane in PANES), what="harlequin's first screen")
        return painted - session.started_at
