"""How far the alignment scores can be trusted: `python -m tests.validity.alignment` runs the recipe that prints it.

The same as `mathreason-tui --batch validate-alignment --set validate.data=../shared/data`, with further arguments.
"""

from __future__ import annotations

import sys
from pathlib import Path

from app.cli import main

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

if __name__ == "__main__":
    sys.exit(main(["--batch", "validate-alignment", "--set", f"validate.data={DATA}", *sys.argv[1:]]))
