"""ModelRef: the one string by which every model is named, parsed and checked without loading anything.

    embedded:smollm2-135m-instruct       comes with the program, needs no hub
    hf:Qwen/Qwen2.5-Math-1.5B-Instruct   a repository of the Hugging Face hub
    path:DIR                             a folder with safetensors, config and tokenizer
    gguf:FILE                            a GGUF file
    mlx:REPO_OR_DIR                      MLX weights, Apple silicon
    openai:http://host:8000/v1#model     a server that speaks the OpenAI chat protocol
    run:RUN_ID/STAGE                     an adapter that a run made
    A+B                                  adapter B on base A

Stdlib only: the TUI process imports it.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from engine.errors import UserError

ModelKind = Literal["embedded", "hf", "path", "gguf", "mlx", "openai", "run"]

KINDS: dict[ModelKind, str] = {
    "embedded": "comes with the program",
    "hf": "Hugging Face hub repository",
    "path": "folder of safetensors weights",
    "gguf": "GGUF file",
    "mlx": "MLX weights, Apple silicon",
    "openai": "OpenAI-compatible server",
    "run": "adapter made by a run",
}
"""Each kind in a few words, for forms and messages."""

EMBEDDED: dict[str, str] = {
    "smollm2-135m-instruct": "SmolLM2 135M Instruct, a language model",
    "all-minilm-l6-v2": "all-MiniLM-L6-v2, a sentence embedder",
}
"""Names that `embedded:` knows, in a few words."""

EXAMPLES: dict[ModelKind, str] = {
    "embedded": "embedded:smollm2-135m-instruct",
    "hf": "hf:Qwen/Qwen2.5-Math-1.5B-Instruct",
    "path": "path:DIR",
    "gguf": "gguf:FILE.gguf",
    "mlx": "mlx:REPO_OR_DIR",
    "openai": "openai:http://localhost:8000/v1#model",
    "run": "run:RUN_ID/STAGE",
}

ADAPTER_KINDS: tuple[ModelKind, ...] = ("run", "path", "hf")
"""What may stand after the `+`."""

# A `+` joins base and adapter only before a kind: folder and model names may hold one ("C++").
_JOINT = re.compile(r"\+(?=(?:" + "|".join(get_args(ModelKind)) + r"):)")
_REPOSITORY = re.compile(r"[\w.-]+(/[\w.-]+)?")


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A parsed name. `target` is what follows the kind; for openai the URL, with `model` after its `#`.

    `adapter` is B of `A+B`; the other fields then describe A. `str()` gives the text back.
    """

    kind: ModelKind
    target: str
    model: str = ""
    adapter: ModelRef | None = None

    def __str__(self) -> str:
        text = f"{self.kind}:{self.target}" + (f"#{self.model}" if self.model else "")
        return f"{text}+{self.adapter}" if self.adapter else text

    @property
    def description(self) -> str:
        """A few words for people: what kind of thing this names."""
        words = EMBEDDED.get(self.target, KINDS[self.kind]) if self.kind == "embedded" else KINDS[self.kind]
        return f"{words}, with an adapter" if self.adapter else words

    @property
    def remote(self) -> bool:
        """True when the model runs in another process, reached by HTTP: it takes no memory here."""
        return self.kind == "openai"


def parse_model_ref(text: str) -> ModelRef:
    """Parse a model's name. Raises UserError, with what was probably meant, for one that cannot be right."""
    parts = _JOINT.split(text.strip())
    if len(parts) > 2:
        raise UserError(
            f"The model {text!r} names more than one adapter.", "Name one base and one adapter, BASE+ADAPTER."
        )
    base = _parse_one(parts[0])
    if len(parts) == 1:
        return base
    adapter = _parse_one(parts[1])
    if adapter.kind not in ADAPTER_KINDS or base.kind in ("openai", "run"):
        raise UserError(
            f"The model {text!r} cannot be: {adapter.kind}: is no adapter that fits on {base.kind}:.",
            "Write BASE+ADAPTER, where ADAPTER is run:RUN_ID/STAGE, path:DIR or hf:REPO and BASE is local.",
        )
    return ModelRef(base.kind, base.target, base.model, adapter)


def _parse_one(text: str) -> ModelRef:
    kind_text, colon, target = text.partition(":")
    kind: ModelKind | None = next((known for known in KINDS if known == kind_text), None)
    if not colon or kind is None:
        raise UserError(f"The model {text!r} is not known.", _guess(text, kind_text if colon else ""))
    if not target or target != target.strip():
        raise UserError(f"The model {text!r} lacks a name after {kind}:.", f"Write it like {EXAMPLES[kind]}")
    if kind == "openai":
        return _parse_openai(text, target)
    _check_target(kind, target, text)
    return ModelRef(kind, target)


def _parse_openai(text: str, target: str) -> ModelRef:
    url, _, model = target.partition("#")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a bracket or port that is no number
        usable = False
    if not usable or not model:
        what = "is no http address of a server" if not usable else "lacks the model's name after #"
        raise UserError(f"The model {text!r} {what}.", f"Write it like {EXAMPLES['openai']}")
    return ModelRef("openai", url.rstrip("/"), model)


def _check_target(kind: ModelKind, target: str, text: str) -> None:
    if kind == "embedded" and target not in EMBEDDED:
        near = difflib.get_close_matches(target.lower(), EMBEDDED, n=1, cutoff=0.4)
        known = ", ".join(f"embedded:{name}" for name in EMBEDDED)
        hint = f"Did you mean embedded:{near[0]}? " if near else ""
        raise UserError(f"No model {text!r} comes with the program.", f"{hint}There are {known}")
    if kind == "hf" and not _REPOSITORY.fullmatch(target):
        raise UserError(f"The model {text!r} is no repository name.", f"Write it like {EXAMPLES['hf']}")
    if kind == "run" and not re.fullmatch(r"[^/\s]+/[^/\s]+", target):
        raise UserError(f"The model {text!r} names no stage of a run.", f"Write it like {EXAMPLES['run']}")


def _guess(text: str, kind_text: str) -> str:
    """The next step for a text without a known kind: what was probably meant, and which kinds there are."""
    known = ", ".join(EXAMPLES.values())
    meant = ""
    if kind_text and (near := difflib.get_close_matches(kind_text.lower(), KINDS, n=1)):
        meant = f"{near[0]}:{text.partition(':')[2]}"
    elif kind_text in ("http", "https"):
        meant = f"openai:{text}" + ("" if "#" in text else "#MODEL")
    elif near := difflib.get_close_matches(text.lower(), EMBEDDED, n=1):
        meant = f"embedded:{near[0]}"
    elif text.endswith(".gguf"):
        meant = f"gguf:{text}"
    elif text.startswith(("/", "./", "../", "~")):
        meant = f"path:{text}"
    elif not kind_text and _REPOSITORY.fullmatch(text) and "/" in text:
        meant = f"hf:{text}"
    return (f"Did you mean {meant}? " if meant else "") + f"A model is named like {known}, or BASE+ADAPTER"
