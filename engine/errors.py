"""The errors a user can meet, each with the next step and the exit code that `--batch` answers with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """A setting that a message names as the command line writes it, which `str()` gives; a form says it in its own
    words. `example`: the value stands for one of the user's own (FILE.jsonl)."""

    key: str
    value: str
    example: bool = False

    def __str__(self) -> str:
        return f"--set {self.key}={self.value}"


class MathReasonError(Exception):
    """Something a person has to read: what happened (thing and place) and what to do next.

    `exit_code` is the code `--batch` ends with; the codes are listed in design and README. `key` is the setting that
    it is about, `options` are those that its words name: nobody has to read them out of the text.
    """

    exit_code = 1

    def __init__(self, message: str, next_step: str = "", *, key: str = "", options: tuple[Option, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.options = options
        self.key = key or (options[0].key if options else "")

    def __str__(self) -> str:
        return f"{self.message}\n  next: {self.next_step}" if self.next_step else self.message


class RunFailed(MathReasonError):
    """The work itself failed (exit code 1)."""


class UserError(MathReasonError):
    """Wrong usage or settings: an unknown key, a broken file, an empty data set (exit code 2)."""

    exit_code = 2


class EnvironmentMissing(MathReasonError):
    """The machine lacks something: a package, a model, a device, disk space (exit code 3)."""

    exit_code = 3


class ThresholdNotReached(MathReasonError):
    """The run finished, but a figure stayed below what the recipe asks for (exit code 4)."""

    exit_code = 4


class Cancelled(MathReasonError):
    """A request or a signal ended the run early; finished items are kept (exit code 130)."""

    exit_code = 130
