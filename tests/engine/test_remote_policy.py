"""RemotePolicy against a real HTTP server that behaves well, slowly, or badly for a while."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from engine.errors import Cancelled, RunFailed
from engine.models.chat_server import LONGEST_ASKED_PAUSE_S, asked_pause
from engine.models.completion import Completion, Policy, Sampling
from engine.models.remote import RemotePolicy, row_seed
from tests.engine.remote_policies import GREEDY, known_environment, policy_for, prompts
from tests.engine.scripted_server import PATIENCE_S, Reply, ScriptedServer, chat, refuse


@pytest.fixture(autouse=True)
def _known_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from known_environment(monkeypatch)


def by_index(completions: Iterator[Completion]) -> list[Completion]:
    return sorted(completions, key=lambda completion: completion.index)


def texts_of(server: ScriptedServer) -> list[str]:
    return [seen.body["messages"][-1]["content"] for seen in server.requests]


def test_it_answers_every_prompt_with_its_own_text_tokens_and_truncation() -> None:
    counted = {"prompt_tokens": 20, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 16}}
    script = {"two": [chat("2", usage=counted)], "long": [chat("1, 2, 3", finish="length", usage=counted)]}
    with ScriptedServer(script) as server:
        policy: Policy = policy_for(server)
        two, long = by_index(policy.complete(prompts("two", "long"), GREEDY))
    assert (two.index, two.text, two.tokens, two.prompt_tokens, two.truncated) == (0, "2", 3, 20, False)
    assert (long.index, long.text, long.truncated) == (1, "1, 2, 3", True)
    assert two.seconds > 0
    progress = policy.progress()
    assert (progress.tokens, progress.prompt_tokens, progress.prefix_tokens_reused) == (6, 40, 32)
    assert progress.seconds > 0


def test_the_request_carries_messages_limits_sampling_and_a_seed_of_the_row() -> None:
    sampling = Sampling(max_new_tokens=7, temperature=0.6, top_p=0.95, seed=3)
    with ScriptedServer({"": [chat("ok")]}) as server:
        list(policy_for(server).complete(prompts("a", "b"), sampling, keys=["id-a", "id-b"]))
        seen = {seen.body["messages"][-1]["content"]: seen.body for seen in server.requests}
    assert seen["a"]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert {name: seen["a"][name] for name in ("model", "max_tokens", "temperature", "top_p", "seed")} == {
        "model": "toy",
        "max_tokens": 7,
        "temperature": 0.6,
        "top_p": 0.95,
        "seed": row_seed(3, "id-a"),
    }
    assert seen["b"]["seed"] == row_seed(3, "id-b") != seen["a"]["seed"]
    assert row_seed(3, "id-a") != row_seed(4, "id-a")


def test_missing_counts_are_estimated_from_the_text_and_null_content_is_empty_text() -> None:
    with ScriptedServer({"words": [chat("four words or so")], "null": [chat(None, finish="length")]}) as server:
        words, null = by_index(policy_for(server).complete(prompts("words", "null"), GREEDY))
    assert words.tokens == len("four words or so") / 4
    assert words.prompt_tokens > 0
    assert (null.text, null.truncated) == ("", True)


def test_completions_come_as_they_finish_not_in_the_order_of_the_prompts() -> None:
    taken = threading.Event()
    script = {"slow": [chat("slow", wait=lambda: taken.wait(PATIENCE_S))], "fast": [chat("fast")]}
    order: list[str] = []
    with ScriptedServer(script) as server:
        for completion in policy_for(server).complete(prompts("slow", "fast"), GREEDY):
            order.append(completion.text)
            taken.set()  # only after the fast one has been handed out
    assert order == ["fast", "slow"]


def test_never_more_requests_than_allowed_are_under_way_and_all_of_those_are() -> None:
    limit = 3
    server: ScriptedServer

    def wait_for_company() -> None:
        server.wait_for(lambda: server.peak >= limit)
        server.wait_for(lambda: server.peak > limit, timeout=0.05)  # gives one too many the time to show

    with ScriptedServer({"": [chat("ok", wait=wait_for_company)]}) as server:
        found = by_index(policy_for(server, concurrency=limit).complete(prompts(*"abcdefgh"), GREEDY))
        assert server.peak == limit
    assert [completion.index for completion in found] == list(range(8))


@pytest.mark.parametrize(
    "trouble",
    [
        refuse(429, "slow down"),
        refuse(503, "loading the model"),
        refuse(500, "oops"),
        Reply(raw=b'{"choices": [{"mess'),
        Reply(raw=b"<html>gateway</html>"),
        Reply({"choices": []}),
        Reply({"error": {"message": "in a 200"}}),
        Reply(drop=True),
    ],
    ids=["429", "503", "500", "torn", "html", "no choice", "error in 200", "dropped"],
)
def test_what_may_pass_is_tried_again(trouble: Reply) -> None:
    with ScriptedServer({"q": [trouble, trouble, chat("at last")]}) as server:
        (found,) = policy_for(server, retries=2).complete(prompts("q"), GREEDY)
        assert texts_of(server) == ["q", "q", "q"]
    assert found.text == "at last"


def test_pauses_grow_and_the_one_that_the_server_asks_for_is_kept() -> None:
    arrivals: list[float] = []

    def arrive() -> None:
        arrivals.append(time.monotonic())

    busy = Reply({"error": "busy"}, 429, {"Retry-After": "0.4"}, wait=arrive)
    with ScriptedServer({"asked": [busy, chat("ok", wait=arrive)]}) as server:
        list(policy_for(server).complete(prompts("asked"), GREEDY))
    assert arrivals[1] - arrivals[0] >= 0.4

    arrivals.clear()
    broken = Reply({}, 500, wait=arrive)
    with ScriptedServer({"own": [broken, broken, broken, chat("ok", wait=arrive)]}) as server:
        list(policy_for(server, first_pause_s=0.1).complete(prompts("own"), GREEDY))
    pauses = [later - earlier for earlier, later in itertools.pairwise(arrivals)]
    assert [pause >= least for pause, least in zip(pauses, (0.05, 0.1, 0.2), strict=True)] == [True, True, True]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("86400", LONGEST_ASKED_PAUSE_S),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 60.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(header: str | None, seconds: float | None) -> None:
    assert asked_pause(header, now=40.0) == seconds


def test_a_server_that_knows_only_the_newer_limit_gets_it() -> None:
    refusal = refuse(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    with ScriptedServer({"a": [refusal, chat("ok")], "b": [chat("ok")]}) as server:
        policy = policy_for(server)
        assert [c.text for c in policy.complete(prompts("a"), GREEDY)] == ["ok"]
        assert [c.text for c in policy.complete(prompts("b"), GREEDY)] == ["ok"]
        limits = [{name for name in seen.body if name.startswith("max")} for seen in server.requests]
    assert limits == [{"max_tokens"}, {"max_completion_tokens"}, {"max_completion_tokens"}]


def test_cancelling_in_the_middle_is_quick_and_the_checkpoint_runs_in_the_callers_thread() -> None:
    let_go = threading.Event()
    held = chat("never", wait=lambda: let_go.wait(PATIENCE_S))
    threads: set[int] = set()
    calls = 0

    def checkpoint() -> None:
        nonlocal calls
        calls += 1
        threads.add(threading.get_ident())
        if calls > 5 and server.under_way:
            raise Cancelled("stop")

    taken: list[str] = []
    with ScriptedServer({"now": [chat("now")], "": [held]}) as server:
        completions = policy_for(server, concurrency=2).complete(
            prompts("now", *"abcdef"), GREEDY, checkpoint=checkpoint
        )
        with pytest.raises(Cancelled):
            taken.extend(completion.text for completion in completions)
        assert server.under_way  # it did not wait for the answers
        assert not [thread for thread in threading.enumerate() if thread.name == "remote-policy"]
        assert len(server.requests) <= 3  # nothing was sent after the end
        let_go.set()
    assert taken == ["now"]
    assert threads == {threading.get_ident()}


def test_a_pause_starts_no_more_than_what_was_handed_over() -> None:
    """The checkpoint blocks; what is under way finishes, and only the prompts already handed over follow."""
    texts = [f"q{number}" for number in range(20)]

    def checkpoint() -> None:
        if server.requests and not paused:
            paused.append(len(server.requests))
            server.wait_for(lambda: len(server.requests) > 4, timeout=0.3)  # one too many would show here
            paused.append(len(server.requests))

    paused: list[int] = []
    with ScriptedServer({"": [chat("ok")]}) as server:
        found = list(policy_for(server, concurrency=2).complete(prompts(*texts), GREEDY, checkpoint=checkpoint))
    assert paused[1] <= 4
    assert len(found) == 20


def test_leaving_the_iterator_or_closing_the_policy_breaks_off_what_is_under_way() -> None:
    let_go = threading.Event()
    held = chat("never", wait=lambda: let_go.wait(PATIENCE_S))
    with ScriptedServer({"now": [chat("now")], "": [held]}) as server:
        policy = policy_for(server)
        left = policy.complete(prompts("now", "a", "b"), GREEDY)
        assert next(left).text == "now"
        left.close()  # type: ignore[attr-defined]  # complete is a generator, which Policy need not promise

        open_call = policy.complete(prompts("now", "a", "b"), GREEDY)
        assert next(open_call).text == "now"
        policy.close()
        assert not [thread for thread in threading.enumerate() if thread.name == "remote-policy"]
        with pytest.raises(RunFailed, match="closed"):
            next(open_call)
        let_go.set()


def test_what_is_finished_is_not_asked_again_and_the_call_says_how_many_at_once() -> None:
    with ScriptedServer({"": [chat("ok")]}) as server:
        policy = policy_for(server, concurrency=4)
        keys = ["id-a", "id-b", "id-c", "id-d"]
        asked = policy.complete(prompts(*"abcd"), GREEDY, keys=keys, rows_at_once=1, finished={"id-a", "id-c"})
        assert [completion.index for completion in by_index(asked)] == [1, 3]
        assert texts_of(server) == ["b", "d"]
        assert server.peak == 1
        assert {seen.body["seed"] for seen in server.requests} == {row_seed(GREEDY.seed, key) for key in keys[1::2]}


def test_no_prompts_need_no_server() -> None:
    assert list(RemotePolicy("http://127.0.0.1:9/v1", "toy").complete([], GREEDY)) == []
