"""One question to a server that speaks the OpenAI chat protocol: the request, the retries, the answer, the errors.

vLLM, llama-server, mlx_lm.server, Ollama and hosted services all speak it. What may pass by itself (busy, broken, slow,
cut off) is tried again with growing, jittered pauses, or after the pause that the server asks for; what cannot
(refused, unknown, malformed request) fails at once. The API key comes from the environment only and is in no message.
"""

from __future__ import annotations

import asyncio
import email.utils
import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from engine.errors import EnvironmentMissing, MathReasonError, RunFailed, UserError

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A server that asks for more than this has closed for the day: better to stop, and to resume later.
LONGEST_ASKED_PAUSE_S = 120.0
CONNECT_TIMEOUT_S = 10.0
# Request timeout, conflict, too early, too many requests; every 5xx is tried again, too.
PASSING_STATUSES = (408, 409, 425, 429)
QUOTED_CHARACTERS = 300
# English text in the tokenizers of today; used only where a server does not count.
CHARACTERS_PER_TOKEN = 4

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; `cached_tokens` of the prompt came from its cache, `seconds` includes the retries."""

    text: str
    tokens: int
    prompt_tokens: int
    cached_tokens: int
    truncated: bool
    seconds: float


class Unusable(Exception):
    """An answer with status 200 that is not what the protocol says."""


class ChatServer:
    """A server's address with the patience for it. Holds no connection; may be used from one event loop at a time."""

    def __init__(
        self, url: str, *, timeout_s: float, retries: int, api_key_env: str, first_pause_s: float = FIRST_PAUSE_S
    ) -> None:
        self._url = _checked(url)
        self._timeout_s = timeout_s
        self._retries = retries
        self._first_pause_s = first_pause_s
        self._api_key_env = api_key_env
        self._api_key = _api_key(api_key_env)
        self._has_answered = False
        # Newer hosted models refuse max_tokens and name its successor, which most other servers do not know.
        self._limit_field = "max_tokens"
        self.shown_url = str(self._url.copy_with(username=None, password=None)).rstrip("/")
        """The address as messages, names and fingerprints show it: without a password."""

    def client(self, connections: int) -> httpx.AsyncClient:
        """A pool of connections for requests to this server; the caller closes it."""
        local = self._url.host in ("localhost", "127.0.0.1", "::1")
        return httpx.AsyncClient(
            headers={"Authorization": f"Bearer {self._api_key}"} if self._api_key else {},
            # The time of a request is limited as a whole, in _send_once.
            timeout=httpx.Timeout(None, connect=min(CONNECT_TIMEOUT_S, self._timeout_s)),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            trust_env=not local,  # a proxy for the outside world does not know this machine's ports
        )

    async def answer(self, client: httpx.AsyncClient, request: Body, max_tokens: int) -> Answer:
        """The answer to a chat request. Raises UserError, EnvironmentMissing or RunFailed, naming the server."""
        start = time.monotonic()
        field = self._limit_field
        try:
            reply = await self._send(client, "POST", "/chat/completions", {**request, field: max_tokens})
        except UserError as error:
            if field != "max_tokens" or "max_completion_tokens" not in error.message:
                raise
            self._limit_field = "max_completion_tokens"
            return await self.answer(client, request, max_tokens)
        return _read_answer(reply, request, time.monotonic() - start)

    async def only_model(self) -> str:
        """The one model that the server has. Raises UserError with the names where there are several."""
        async with self.client(1) as client:
            reply = await self._send(client, "GET", "/models", None)
        names = [str(entry["id"]) for entry in reply["data"]]
        if len(names) == 1:
            return names[0]
        offered = ", ".join(names) or "none"
        raise UserError(
            f"{self.shown_url} has {len(names)} models, so one must be named: {offered}",
            f"write openai:{self.shown_url}#MODEL",
        )

    async def _send(self, client: httpx.AsyncClient, method: str, path: str, body: Body | None) -> Body:
        for attempt in range(self._retries + 1):
            pause: float | None = None
            try:
                response = await self._send_once(client, method, path, body)
                if response.is_success:
                    return _read_reply(response, path)
                failure = self._refusal(response, body)
                if response.status_code not in PASSING_STATUSES and response.status_code < 500:
                    raise failure
                pause = asked_pause(response.headers.get("retry-after"))
            except Unusable as error:
                said = self._without_key(str(error))
                failure = RunFailed(f"{self.shown_url} did not keep to the chat protocol: {said}", self._see_log())
            except (httpx.RequestError, TimeoutError) as error:
                failure = self._no_answer(error)
                if isinstance(error, httpx.ConnectError) and not self._has_answered:
                    raise failure from error  # not there at all: waiting would only delay the message
            if attempt < self._retries:
                await asyncio.sleep(self._pause(attempt) if pause is None else pause)
        times = f" ({self._retries + 1} tries)" if self._retries else ""
        raise type(failure)(failure.message + times, failure.next_step)

    async def _send_once(self, client: httpx.AsyncClient, method: str, path: str, body: Body | None) -> httpx.Response:
        async with asyncio.timeout(self._timeout_s):
            response = await client.request(method, f"{str(self._url).rstrip('/')}{path}", json=body)
        self._has_answered = True
        return response

    def _pause(self, attempt: int) -> float:
        """Twice as long each time, and anywhere in the upper half of it: rows that failed together return apart."""
        longest = min(LONGEST_PAUSE_S, self._first_pause_s * 2.0**attempt)
        return longest * random.uniform(0.5, 1.0)

    def _refusal(self, response: httpx.Response, body: Body | None) -> MathReasonError:
        """The error for a status that is no success."""
        status = response.status_code
        model = f" for the model {body['model']!r}" if body else ""
        said = self._without_key(server_words(response))
        message = f"{self.shown_url} answered {status}{model}: {said}"
        if status in (401, 403):
            key = "" if self._api_key else " (it is not set)"
            return EnvironmentMissing(message, f"set {self._api_key_env} to a key that this server accepts{key}")
        if status == 404:
            return UserError(message, f"check address (it mostly ends with /v1) and name: {self.shown_url}/models")
        if status in PASSING_STATUSES or status >= 500:
            return RunFailed(message, f"{self._see_log()}, then resume the run: what was finished is kept")
        if 300 <= status < 400:
            return UserError(message, f"name the address it redirects to: {response.headers.get('location', '?')}")
        return UserError(
            message, "change what the server refuses, for example fewer or shorter tokens, or its settings"
        )

    def _no_answer(self, error: Exception) -> MathReasonError:
        if isinstance(error, httpx.ConnectError):
            if self._has_answered:
                return RunFailed(f"{self.shown_url} no longer answers: {error}", self._see_log())
            return EnvironmentMissing(
                f"nothing answers at {self.shown_url}: {error}",
                "start a server there, for example with: vllm serve MODEL, or llama-server -m FILE.gguf",
            )
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return RunFailed(
                f"{self.shown_url} did not answer within {self._timeout_s:g} s",
                "ask for less at once: --resume RUN --set hardware.batch_size=N, the number of requests in flight",
            )
        return RunFailed(
            f"{self.shown_url} broke off the connection: {self._without_key(str(error)) or type(error).__name__}",
            self._see_log(),
        )

    def _see_log(self) -> str:
        return "see the server's log"

    def _without_key(self, text: str) -> str:
        return text.replace(self._api_key, "***") if self._api_key else text


def asked_pause(value: str | None, now: float | None = None) -> float | None:
    """Seconds that a Retry-After header asks for, given as seconds or as a date; None for none or a wrong one."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - (time.time() if now is None else now)
        except ValueError:
            return None
    return min(max(seconds, 0.0), LONGEST_ASKED_PAUSE_S) if seconds == seconds else None


def server_words(response: httpx.Response) -> str:
    """What the server says about an error, from the places where servers write it, on one line."""
    text = response.text
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, Mapping):
        error = body.get("error", body)
        found = error.get("message") or error.get("detail") if isinstance(error, Mapping) else error
        text = str(found or text)
    return _quoted(text) or "(it said nothing)"


def _read_reply(response: httpx.Response, path: str) -> Body:
    """The JSON object of a reply; Unusable where the parts that are read from it are not there."""
    try:
        reply = response.json()
    except ValueError as error:
        raise Unusable(f"no JSON but {_quoted(response.text)!r}") from error
    try:
        if path == "/models":
            usable = all("id" in entry for entry in reply["data"])
        else:
            message = reply["choices"][0]["message"]
            usable = message.get("content") is None or isinstance(message["content"], str)
    except (KeyError, IndexError, TypeError, AttributeError):
        usable = False
    if not usable:
        raise Unusable(_quoted(response.text))
    return dict(reply)


def _read_answer(reply: Body, request: Body, seconds: float) -> Answer:
    choice = reply["choices"][0]
    # A refusal, or thoughts alone before the limit: content is null.
    content = choice["message"].get("content") or ""
    text = content.encode("utf-8", "replace").decode()  # JSON can spell half a character; no tokenizer takes it
    usage = reply.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    details = usage.get("prompt_tokens_details")
    asked = "".join(message["content"] for message in request["messages"])
    return Answer(
        text=text,
        tokens=_counted(usage.get("completion_tokens"), text),
        prompt_tokens=_counted(usage.get("prompt_tokens"), asked),
        cached_tokens=_counted(details.get("cached_tokens"), "") if isinstance(details, Mapping) else 0,
        truncated=choice.get("finish_reason") == "length",
        seconds=seconds,
    )


def _counted(value: object, text: str) -> int:
    """The server's count, else an estimate from the text."""
    if isinstance(value, int) and value >= 0:
        return value
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= QUOTED_CHARACTERS else f"{line[:QUOTED_CHARACTERS]}..."


def _checked(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UserError(f"{url!r} is no address of a server: {error}", "write http://HOST:PORT/v1") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise UserError(f"{url!r} is no address of a server", "write http://HOST:PORT/v1")
    return parsed


def _api_key(variable: str) -> str:
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise EnvironmentMissing(f"{variable} holds characters that no key has", f"set {variable} again")
    return key
