"""--doctor: what this machine can do, what it lacks, and how to get it. Exit code 3 where a needed thing is missing."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from app.consulting import ask
from engine.errors import EnvironmentMissing

MARKS = {True: "✓", False: "✕", None: "–"}
"""There, missing, and missing but only adding to what works."""


def show_doctor(*, as_json: bool) -> int:
    """Print every check; returns 3 where one failed."""
    answer = ask("doctor")
    checks = answer["checks"]
    if as_json:
        print(json.dumps({"type": "hardware", **answer["hardware"]}, ensure_ascii=False))
        for check in checks:
            print(json.dumps({"type": "check", **check}, ensure_ascii=False))
    else:
        print("\n".join(check_lines(checks)))
    failed = [check["name"] for check in checks if check["ok"] is False]
    if not failed:
        return 0
    sys.stdout.flush()
    print(f"missing: {', '.join(failed)}", file=sys.stderr)
    return EnvironmentMissing.exit_code


def check_lines(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each check, and below it what to do."""
    width = max((len(check["name"]) for check in checks), default=0)
    lines = []
    for check in checks:
        lines.append(f"{MARKS[check['ok']]} {check['name']:<{width}}  {check['found']}")
        if check["next_step"]:
            lines.append(f"  {'':<{width}}  next: {check['next_step']}")
    return lines
