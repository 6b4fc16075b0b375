"""How torch uses the cores; to be said before torch is loaded.

Torch's OpenMP threads spin while they wait for each other. With another process on one of the cores (the TUI, a second
run) the spinning threads starve the very thread they wait for: on two cores, one of them contested, a decoding step of
SmolLM2 took 2.1 s spinning and 0.44 s sleeping.
"""

from __future__ import annotations

import os

WAIT_POLICY = "OMP_WAIT_POLICY"


def sleep_while_waiting() -> None:
    """Let idle threads sleep, unless the user's environment says otherwise. No effect once torch is loaded."""
    os.environ.setdefault(WAIT_POLICY, "passive")
