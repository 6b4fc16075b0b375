"""RemotePolicy: a model behind a server that speaks the OpenAI chat protocol, as a Policy.

Requests run concurrently in a thread of their own, which lives as long as one `complete` does. The caller's thread
hands over prompts, checks in at its checkpoint several times a second, and takes completions as they finish; leaving
the iterator, by an error or on purpose, breaks off what is under way and ends the thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from types import TracebackType

import httpx

from engine.errors import RunFailed
from engine.models.chat_server import FIRST_PAUSE_S, Answer, Body, ChatServer
from engine.models.completion import Checkpoint, Completion, GenerationProgress, Prompt, Sampling

CHECKPOINT_EVERY_S = 0.1
# Prompts handed over for each request under way: the next is there when one ends, also while the caller grades, and a
# pause starts no more than these.
HANDED_OVER = 2
# Stands for the whole call where it failed before any request, as with unreadable certificates.
NO_ROW = -1


class RemotePolicy:
    """Answers prompts over HTTP; rows that fail for good end the call."""

    def __init__(
        self,
        url: str,
        model: str,
        concurrency: int = 8,
        timeout_s: float = 120,
        retries: int = 4,
        api_key_env: str = "OPENAI_API_KEY",
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        """With an empty `model` the server is asked for its only one; otherwise nothing is sent yet. `concurrency` is
        for calls that say no number of their own."""
        self._server = ChatServer(
            url, timeout_s=timeout_s, retries=retries, api_key_env=api_key_env, first_pause_s=first_pause_s
        )
        self._concurrency = max(1, concurrency)
        self._model = model or asyncio.run(self._server.only_model())
        self.name = self._model
        # The server does not tell its weights; address and name are what there is to tell them by.
        self.fingerprint = f"openai:{self._server.shown_url}#{self._model}"
        self.notes: tuple[str, ...] = ()
        self._progress = GenerationProgress(0, 0, 0, 0.0)
        self._exchanges: set[_Exchange] = set()

    def complete(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        keys: Sequence[str] = (),
        rows_at_once: int | None = None,
        finished: Collection[str] = (),
        checkpoint: Checkpoint = lambda: None,
    ) -> Iterator[Completion]:
        """Yield completions as they finish; `rows_at_once` requests are under way. Every row stands alone at a server,
        so what is finished is left out. An error is raised after those that were finished before it."""
        names = list(keys) or [str(index) for index in range(len(prompts))]
        asked = [
            (index, self._request(prompt, sampling, name))
            for index, (prompt, name) in enumerate(zip(prompts, names, strict=True))
            if name not in finished
        ]
        concurrency = rows_at_once or self._concurrency
        with _Exchange(self._server, concurrency, sampling.max_new_tokens) as exchange:
            self._exchanges.add(exchange)
            try:
                yield from self._exchange_all(exchange, asked, checkpoint)
            finally:
                self._exchanges.discard(exchange)

    def progress(self) -> GenerationProgress:
        return self._progress

    def close(self) -> None:
        """Break off everything under way."""
        for exchange in list(self._exchanges):
            exchange.close()

    def _exchange_all(
        self, exchange: _Exchange, requests: Sequence[tuple[int, Body]], checkpoint: Checkpoint
    ) -> Iterator[Completion]:
        handed, taken = 0, 0
        failure: Exception | None = None
        last = time.monotonic()
        while taken < len(requests):
            arrived = time.monotonic()
            checkpoint()
            last += time.monotonic() - arrived  # a pause is no time of generation
            while handed < len(requests) and handed - taken < HANDED_OVER * exchange.concurrency:
                exchange.hand_over(*requests[handed])
                handed += 1
            try:
                index, outcome = exchange.finished.get(timeout=0 if failure else CHECKPOINT_EVERY_S)
            except queue.Empty:
                if failure:
                    raise failure from None
                if not exchange.alive:
                    raise RunFailed(f"{self.name} was closed while it answered", "resume the run") from None
                continue
            taken += 1
            if isinstance(outcome, Exception):
                failure = failure or outcome
                handed = len(requests)  # no more, but what has finished meanwhile is given out first
                continue
            now = time.monotonic()
            self._count(outcome, now - last)
            last = now
            yield _completion(index, outcome)
        if failure:
            raise failure

    def _request(self, prompt: Prompt, sampling: Sampling, key: str) -> Body:
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        body: Body = {"model": self._model, "messages": messages, "temperature": sampling.temperature}
        if sampling.top_p < 1.0:
            body["top_p"] = sampling.top_p
        return {**body, "seed": row_seed(sampling.seed, key)}

    def _count(self, answer: Answer, seconds: float) -> None:
        before = self._progress
        self._progress = GenerationProgress(
            before.tokens + answer.tokens,
            before.prompt_tokens + answer.prompt_tokens,
            before.prefix_tokens_reused + answer.cached_tokens,
            before.seconds + seconds,
        )


def row_seed(seed: int, key: str) -> int:
    """A seed for the row `key`, the same in every batch and process; 31 bits, which every server takes."""
    digest = hashlib.sha256(f"{seed}:{key}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _completion(index: int, answer: Answer) -> Completion:
    return Completion(index, answer.text, answer.tokens, answer.prompt_tokens, answer.truncated, answer.seconds)


class _Exchange:
    """The requests of one call, in an event loop in a thread of its own. Results and errors come out of `finished`."""

    def __init__(self, server: ChatServer, concurrency: int, max_tokens: int) -> None:
        self.finished: queue.SimpleQueue[tuple[int, Answer | Exception]] = queue.SimpleQueue()
        self._server = server
        self.concurrency = concurrency
        self._max_tokens = max_tokens
        self._loop = asyncio.new_event_loop()
        self._waiting: asyncio.Queue[tuple[int, Body]] = asyncio.Queue()
        self._work: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="remote-policy", daemon=True)

    def __enter__(self) -> _Exchange:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def hand_over(self, index: int, request: Body) -> None:
        self._call(lambda: self._waiting.put_nowait((index, request)))

    def close(self) -> None:
        """Cancel what is under way and wait for the thread, which takes no longer than closing the sockets."""
        self._call(self._cancel)
        self._thread.join()

    def _call(self, function: Callable[[], object]) -> None:
        """Run a function in the loop; not at all where the loop has ended, which `alive` and `finished` tell."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function)

    def _cancel(self) -> None:
        if self._work is not None:
            self._work.cancel()

    def _run(self) -> None:
        try:
            self._work = self._loop.create_task(self._ask_all())
            self._loop.run_until_complete(asyncio.wait([self._work]))
            if not self._work.cancelled() and isinstance(error := self._work.exception(), Exception):
                self.finished.put((NO_ROW, error))
        finally:
            self._loop.close()

    async def _ask_all(self) -> None:
        async with self._server.client(self.concurrency) as client, asyncio.TaskGroup() as group:
            for _ in range(self.concurrency):
                group.create_task(self._ask_one_after_another(client))

    async def _ask_one_after_another(self, client: httpx.AsyncClient) -> None:
        while True:
            index, request = await self._waiting.get()
            try:
                outcome: Answer | Exception = await self._server.answer(client, request, self._max_tokens)
            except Exception as error:  # raised again in the caller's thread
                outcome = error
            self.finished.put((index, outcome))
