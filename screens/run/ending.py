"""Why a run ended, in words: what the worker said, else the end of its log, else what is wrong with its files."""

from __future__ import annotations

import asyncio

from engine.runs.status import ENDED, GONE, why_crashed, why_unreadable
from screens.messages import RunUpdated


async def why_it_ended(news: RunUpdated | None) -> tuple[str, str]:
    """The reason and the next step; ("", "") where there is nothing to explain."""
    if news is None or news.status == "done" or news.status not in ENDED:
        return "", ""
    if news.status == "crashed":
        words = await asyncio.to_thread(why_crashed, news.run)
        return f"the worker is gone. The end of its log:\n{words}", "R resumes after the finished items"
    if news.status == "unreadable":
        words = await asyncio.to_thread(why_unreadable, news.run)
        gone = words.startswith(GONE)
        return words, "choose another run" if gone else "delete the run in Runs (2), or restore the file"
    ended = news.state.finished
    return ("", "") if ended is None else (ended.reason or f"the run is {news.status}", ended.next_step)
