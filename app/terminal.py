"""What the terminal needs from us: input that survives foreign bytes, a sane state after SIGTERM, a clipboard."""

from __future__ import annotations

import asyncio
import codecs
import os
import shutil
import signal
import subprocess
from collections.abc import Callable

from textual.drivers import linux_driver

COPY_TIMEOUT_S = 2.0


def tolerate_foreign_bytes() -> None:
    """Make Textual's input decoder replace bytes that are no UTF-8 instead of ending the application.

    A terminal that was rebuilt (tmux or ssh reattached) may report the mouse the old way, with raw bytes beyond column
    95; Textual 8.2.8 decodes strictly and dies of them (Textualize/textual#6668). Textual is pinned exactly, so this
    replacement is known to fit; it goes when the fix is released.
    """

    def forgiving(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
        decoder = codecs.getincrementaldecoder(encoding)
        return lambda: decoder(errors="replace")

    linux_driver.getincrementaldecoder = forgiving  # type: ignore[assignment, attr-defined]  # only this call of it is made


def on_signals(leave: Callable[[int], None], interrupt: Callable[[], None]) -> None:
    """On SIGTERM call `leave(exit code)`, so that the terminal is given back as it was found; on SIGINT `interrupt`,
    as for the key ctrl+c (which reaches us as a signal where somebody else set the terminal up)."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, leave, 128 + signal.SIGTERM)
    loop.add_signal_handler(signal.SIGINT, interrupt)


def clipboard_command() -> list[str] | None:
    """The local program that fills the clipboard, for terminals that do not know OSC 52; None where there is none."""
    candidates: list[tuple[bool, list[str]]] = [
        (bool(os.environ.get("TMUX")), ["tmux", "load-buffer", "-w", "-"]),
        (True, ["pbcopy"]),
        (bool(os.environ.get("WAYLAND_DISPLAY")), ["wl-copy"]),
        (bool(os.environ.get("DISPLAY")), ["xclip", "-selection", "clipboard"]),
    ]
    return next((command for usable, command in candidates if usable and shutil.which(command[0])), None)


def copy_locally(text: str) -> bool:
    """Hand the text to the local clipboard program; blocks, so it is called in a thread. False: nobody took it."""
    command = clipboard_command()
    if command is None:
        return False
    try:
        done = subprocess.run(
            command, input=text.encode(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=COPY_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
