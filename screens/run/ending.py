"""Why a run ended, in words: what the worker said, else the end of its log, else what is wrong with its files."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from engine.runs.status import ENDED, folder_is_gone, why_crashed, why_unreadable
from screens.messages import RunUpdated


class Ending(NamedTuple):
    """The reason and the next step, "" where there is nothing to explain; `gone`: nothing is left of the run."""

    reason: str = ""
    next_step: str = ""
    gone: bool = False


async def why_it_ended(news: RunUpdated | None) -> Ending:
    """What is to be said of the end of a run."""
    if news is None or news.status == "done" or news.status not in ENDED:
        return Ending()
    if news.status == "crashed":
        words = await asyncio.to_thread(why_crashed, news.run)
        return Ending(f"the worker is gone. The end of its log:\n{words}", "R resumes after the finished items")
    if news.status == "unreadable":
        words, gone = await asyncio.to_thread(lambda: (why_unreadable(news.run), folder_is_gone(news.run)))
        return Ending(words, "choose another run" if gone else "delete the run in Runs (2), or restore the file", gone)
    ended = news.state.finished
    return Ending() if ended is None else Ending(ended.reason or f"the run is {news.status}", ended.next_step)
