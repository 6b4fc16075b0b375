"""RemotePolicy against a server that fails, refuses or is not there: what is said, and that no key is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence

import pytest

from engine.errors import EnvironmentMissing, MathReasonError, RunFailed, UserError
from engine.models.remote import RemotePolicy
from tests.engine.remote_policies import GREEDY, known_environment, policy_for, prompts
from tests.engine.scripted_server import PATIENCE_S, Reply, ScriptedServer, chat, refuse

KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def _known_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from known_environment(monkeypatch)


def failing(server: ScriptedServer, *texts: str, timeout_s: float = 5, retries: int = 2) -> MathReasonError:
    with pytest.raises(MathReasonError) as caught:
        list(policy_for(server, timeout_s=timeout_s, retries=retries).complete(prompts(*texts), GREEDY))
    assert caught.value.next_step
    assert server.url in caught.value.message
    return caught.value


def test_a_server_that_fails_for_ever_fails_the_run_after_the_last_try() -> None:
    with ScriptedServer({"q": [refuse(500, "out of CUDA memory")]}) as server:
        error = failing(server, "q")
        assert len(server.requests) == 3
    assert isinstance(error, RunFailed)
    for part in ("500", "'toy'", "out of CUDA memory", "3 tries"):
        assert part in error.message


def test_a_server_that_takes_too_long_is_left_and_asked_again() -> None:
    done = threading.Event()
    with ScriptedServer({"q": [chat("late", wait=lambda: done.wait(PATIENCE_S))]}) as server:
        error = failing(server, "q", timeout_s=0.2, retries=1)
        assert len(server.requests) == server.under_way == 2  # both are still being answered
        done.set()
    assert isinstance(error, RunFailed)
    assert "0.2 s" in error.message


@pytest.mark.parametrize(
    ("status", "kind", "step"),
    [
        (400, UserError, "refuses"),
        (401, EnvironmentMissing, "OPENAI_API_KEY"),
        (403, EnvironmentMissing, "OPENAI_API_KEY"),
        (404, UserError, "/v1"),
        (422, UserError, "refuses"),
    ],
)
def test_what_cannot_pass_fails_at_once_and_says_what_the_server_said(
    status: int, kind: type[MathReasonError], step: str
) -> None:
    with ScriptedServer({"q": [refuse(status, "the reason why")]}) as server:
        error = failing(server, "q")
        assert len(server.requests) == 1
    assert isinstance(error, kind)
    assert "the reason why" in error.message
    assert "'toy'" in error.message
    assert step in error.next_step


@pytest.mark.parametrize(
    "body", [{"detail": "why"}, {"error": "why"}, {"message": "why"}, {"error": {"message": "why"}}]
)
def test_the_servers_words_are_found_wherever_servers_put_them(body: dict[str, object]) -> None:
    with ScriptedServer({"q": [Reply(body, 400)]}) as server:
        assert failing(server, "q").message.endswith(": why")


def test_what_was_finished_before_an_error_is_handed_out_before_it() -> None:
    good_taken = threading.Event()
    script = {"good": [chat("fine")], "bad": [Reply({"error": "no"}, 400, wait=lambda: good_taken.wait(PATIENCE_S))]}
    with ScriptedServer(script) as server:
        completions = policy_for(server).complete(prompts("bad", "good"), GREEDY)
        assert next(completions).text == "fine"
        good_taken.set()
        with pytest.raises(UserError):
            next(completions)


def test_where_nothing_listens_it_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("engine.models.chat_server.asyncio.sleep", pause)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    policy = RemotePolicy(f"http://127.0.0.1:{port}/v1", "toy", retries=5, first_pause_s=5)
    with pytest.raises(EnvironmentMissing) as caught:
        list(policy.complete(prompts("q"), GREEDY))
    assert pauses == []  # none is tried again
    assert f"nothing answers at http://127.0.0.1:{port}/v1" in caught.value.message
    assert "start" in caught.value.next_step


def test_a_key_goes_to_the_server_and_into_no_message_or_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    caplog.set_level("DEBUG")
    with ScriptedServer({"q": [refuse(401, f"bad key {KEY}")]}) as server:
        error = failing(server, "q")
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert "bad key ***" in error.message
    assert KEY not in caplog.text + str(error)


def test_a_key_that_no_header_can_hold_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_KEY", "sk-bad\nkey")
    with pytest.raises(EnvironmentMissing) as caught:
        RemotePolicy("http://127.0.0.1:9/v1", "toy", api_key_env="OTHER_KEY")
    assert "OTHER_KEY" in caught.value.message
    assert "sk-bad" not in str(caught.value)


def test_a_password_in_the_address_is_in_no_name() -> None:
    policy = RemotePolicy("http://me:pass@127.0.0.1:9/v1/", "toy")
    assert policy.fingerprint == "openai:http://127.0.0.1:9/v1#toy"
    assert policy.name == "toy"


@pytest.mark.parametrize("url", ["127.0.0.1:8000/v1", "ftp://host/v1", "http://", "http://[::1/v1"])
def test_an_address_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(UserError, match="no address"):
        RemotePolicy(url, "toy")


@pytest.mark.parametrize(("models", "message"), [(("only",), ""), (("a", "b"), "2 models.*a, b"), ((), "0 models")])
def test_without_a_name_the_servers_only_model_is_taken(models: Sequence[str], message: str) -> None:
    with ScriptedServer({}, models) as server:
        if not message:
            assert RemotePolicy(server.url, "").name == "only"
            return
        with pytest.raises(UserError, match=message):
            RemotePolicy(server.url, "")
