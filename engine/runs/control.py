"""Requests from front ends into a run: control/<id>.json, written atomically, acknowledged by a ControlAcked event.

Every worker takes pause, resume and cancel; a stage takes the kinds that its entry in the stage table names, at its own
safe points. Whoever answers a request removes it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.runs.directory import RunDirectory
from engine.runs.files import naming_the_place, read_json, write_json_atomic


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `at` is Unix time; `values` belong to the kind and are checked by who takes it."""

    id: str
    kind: str
    at: float
    values: Mapping[str, Any] = field(default_factory=dict)


def send_request(run: RunDirectory, kind: str, **values: Any) -> str:
    """Leave a request for the worker; returns its id, which the ControlAcked event will carry."""
    request = f"{time.time_ns():x}-{secrets.token_hex(2)}"
    with naming_the_place(run.control):
        run.control.mkdir(exist_ok=True)
    body = {"id": request, "kind": kind, "at": time.time(), "values": values}
    write_json_atomic(run.control / f"{request}.json", body)
    return request


def pending_requests(run: RunDirectory) -> list[Request]:
    """Requests that wait, oldest first; a file that is none is passed over."""
    if not run.control.is_dir():
        return []
    requests = []
    for path in sorted(run.control.glob("[0-9a-f]*.json")):
        body = read_json(path)
        if isinstance(body, dict) and isinstance(body.get("kind"), str):
            values = body.get("values")
            at = body.get("at")
            requests.append(
                Request(
                    path.stem,
                    body["kind"],
                    float(at) if isinstance(at, int | float) else 0.0,
                    values if isinstance(values, dict) else {},
                )
            )
    return requests


def drop_request(run: RunDirectory, request: str) -> None:
    """Remove an answered request."""
    (run.control / f"{request}.json").unlink(missing_ok=True)
