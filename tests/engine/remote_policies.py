"""RemotePolicies for tests: quick to try again, in an environment without proxies and keys."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from engine.models.completion import Message, Prompt, Sampling
from engine.models.remote import RemotePolicy
from tests.engine.scripted_server import ScriptedServer

GREEDY = Sampling(max_new_tokens=32)


def known_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For a fixture: nothing of this machine decides, and no thread is left over."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield
    assert not [thread for thread in threading.enumerate() if thread.name == "remote-policy"], "a thread was left over"


def policy_for(
    server: ScriptedServer,
    *,
    concurrency: int = 4,
    timeout_s: float = 5,
    retries: int = 3,
    first_pause_s: float = 0.001,
) -> RemotePolicy:
    return RemotePolicy(
        server.url, "toy", concurrency=concurrency, timeout_s=timeout_s, retries=retries, first_pause_s=first_pause_s
    )


def prompts(*texts: str) -> list[Prompt]:
    return [Prompt((Message("system", "Be brief."), Message("user", text))) for text in texts]
