"""Whether the Hugging Face hub answers: asked once and quickly, for its client retries each file for half a minute."""

from __future__ import annotations

import functools
import os
import socket
from urllib.parse import urlsplit

ANSWERS_WITHIN_S = 4.0


@functools.cache
def hub_is_reachable() -> bool:
    """False where no connection can be made, or the user said HF_HUB_OFFLINE; then only local copies are of use."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    if any(os.environ.get(name) for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")):
        return True  # the proxy knows the way; it cannot be asked cheaply
    place = urlsplit(constants.ENDPOINT)
    port = place.port or (80 if place.scheme == "http" else 443)
    try:
        socket.create_connection((place.hostname or "", port), ANSWERS_WITHIN_S).close()
    except OSError:
        return False
    return True
