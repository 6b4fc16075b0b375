"""Times as people read them."""

from __future__ import annotations

import time


def duration(seconds: float | None) -> str:
    """0:48, 12:05, 3:02:11, 2 d 4 h; "–" for none."""
    if seconds is None or seconds < 0:
        return "–"
    whole = int(seconds)
    if whole >= 86400:
        return f"{whole // 86400} d {whole % 86400 // 3600} h"
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def moment(unix_time: float | None) -> str:
    """Month, day and clock time: 11-21 10:02; "–" for none."""
    return time.strftime("%m-%d %H:%M", time.localtime(unix_time)) if unix_time else "–"
