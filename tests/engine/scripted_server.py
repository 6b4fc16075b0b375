"""A real HTTP server on this machine that speaks the OpenAI chat protocol as a table says, well or badly."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

PATIENCE_S = 10.0
"""Longest wait of a held request: a test that forgets to let go still ends."""


@dataclass(frozen=True)
class Reply:
    """One answer: `raw` instead of JSON where set, nothing but a closed connection with `drop`.

    `wait` runs before the answer, while the request counts as under way.
    """

    body: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    drop: bool = False
    wait: Callable[[], object] = lambda: None


def chat(text: str | None, finish: str = "stop", usage: Mapping[str, Any] | None = None, **more: Any) -> Reply:
    """A proper answer of one choice."""
    body: dict[str, Any] = {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}]}
    if usage is not None:
        body["usage"] = usage
    return Reply(body, **more)


def refuse(status: int, message: str, **headers: str) -> Reply:
    """An error in OpenAI's shape."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply({"error": {"message": message, "type": "error"}}, status, named)


@dataclass
class Seen:
    """A request that arrived."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]


class ScriptedServer:
    """`script` maps the last message of a chat to its replies in order, the last of them for ever; "" is for others.

    `models` is what /models lists. `requests` holds what came, `peak` the most requests that were under way together.
    """

    def __init__(self, script: Mapping[str, Sequence[Reply]], models: Sequence[str] = ()) -> None:
        self.script = script
        self.models = models
        self.requests: list[Seen] = []
        self.under_way = 0
        self.peak = 0
        self.changed = threading.Condition()
        self._asked: defaultdict[str, int] = defaultdict(int)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, condition: Callable[[], bool], timeout: float = PATIENCE_S) -> bool:
        """Wait until `condition` holds, which is looked at whenever a request comes or goes."""
        with self.changed:
            return self.changed.wait_for(condition, timeout)

    def answer(self, seen: Seen) -> Reply:
        """The reply to a request, after its wait."""
        with self.changed:
            self.requests.append(seen)
            self.under_way += 1
            self.peak = max(self.peak, self.under_way)
            reply = self._next_reply(seen)
            self.changed.notify_all()
        try:
            reply.wait()
        finally:
            with self.changed:
                self.under_way -= 1
                self.changed.notify_all()
        return reply

    def _next_reply(self, seen: Seen) -> Reply:
        if seen.path == "/v1/models":
            return Reply({"object": "list", "data": [{"id": name} for name in self.models]})
        if seen.path != "/v1/chat/completions":
            return refuse(404, f"no such path: {seen.path}")
        last = seen.body["messages"][-1]["content"]
        key = last if last in self.script else ""
        replies = self.script[key]
        reply = replies[min(self._asked[key], len(replies) - 1)]
        self._asked[key] += 1
        return reply


def _handler(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: dict[str, Any]) -> None:
            reply = server.answer(Seen(self.path, body, {name.lower(): value for name, value in self.headers.items()}))
            if reply.drop:
                self.close_connection = True
                return
            data = json.dumps(reply.body).encode() if reply.raw is None else reply.raw
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                self.close_connection = True  # the client has gone, as it may

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    return Handler
