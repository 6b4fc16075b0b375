"""The size of a model without loading it: layers, widths, vocabulary, parameters, and where the figures come from.

Looked up in this order: the model's own config.json or GGUF head on this disk, a table of published sizes, the size
that the name states ("7B"). Nothing is downloaded, and no learning library is imported.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from engine.errors import UserError
from engine.machine.gguf_header import TOKENS, read_header
from engine.recipes.model_reference import ModelRef

# Assumed where nothing tells the size: a warning on the large side costs less than a run that dies.
ASSUMED_BILLIONS = 7.0


@dataclass(frozen=True, slots=True)
class Dimensions:
    """A transformer's sizes. `origin` says where they come from, in words for people.

    `gated` feed-forward layers have three matrices, plain ones two; `tied` models use one matrix for tokens in and out;
    an `encoder` has no output matrix at all. `stored_bits` is set where the weights are quantized on disk already.
    """

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    feed_forward: int
    vocabulary: int
    tied: bool
    gated: bool = True
    encoder: bool = False
    experts: int = 1
    stored_bits: int | None = None
    stated_parameters: int | None = None
    origin: str = "published sizes"

    @property
    def embedding_parameters(self) -> int:
        """Numbers in the matrices over the vocabulary, which quantizers leave alone."""
        return self.vocabulary * self.hidden * (1 if self.tied or self.encoder else 2)

    @property
    def parameters(self) -> int:
        """All numbers: the stated count, else the matrices' sizes added up (norms and biases are below 0.1 %)."""
        if self.stated_parameters is not None:
            return self.stated_parameters
        attention = 2 * self.hidden * self.heads * self.head_dim + 2 * self.hidden * self.kv_heads * self.head_dim
        feed_forward = self.experts * (3 if self.gated else 2) * self.hidden * self.feed_forward
        return self.embedding_parameters + self.layers * (attention + feed_forward)

    def cache_bytes_per_token(self, bytes_per_number: float) -> float:
        """Keys and values of one token in all layers."""
        return 2 * self.layers * self.kv_heads * self.head_dim * bytes_per_number


def _decoder(
    layers: int,
    hidden: int,
    heads: int,
    kv_heads: int,
    feed_forward: int,
    vocabulary: int,
    tied: bool,
    head_dim: int = 0,
) -> Dimensions:
    return Dimensions(layers, hidden, heads, kv_heads, head_dim or hidden // heads, feed_forward, vocabulary, tied)


def _encoder(layers: int, hidden: int, heads: int, vocabulary: int) -> Dimensions:
    shape = (layers, hidden, heads, heads, hidden // heads, 4 * hidden, vocabulary)
    return Dimensions(*shape, tied=True, gated=False, encoder=True)


# Facts from the models' config.json, by a pattern of their names; the first that matches counts.
PUBLISHED: tuple[tuple[str, Dimensions], ...] = (
    (r"smollm2-135m", _decoder(30, 576, 9, 3, 1536, 49152, True)),
    (r"smollm2-360m", _decoder(32, 960, 15, 5, 2560, 49152, True)),
    (r"smollm2-1\.7b", _decoder(24, 2048, 32, 32, 8192, 49152, True)),
    (r"qwen2\.5-(math-|coder-)?0\.5b", _decoder(24, 896, 14, 2, 4864, 151936, True)),
    (r"qwen2\.5-(math-|coder-)?1\.5b|deepseek-r1-distill-qwen-1\.5b", _decoder(28, 1536, 12, 2, 8960, 151936, True)),
    (r"qwen2\.5-(math-|coder-)?3b", _decoder(36, 2048, 16, 2, 11008, 151936, True)),
    (r"qwen2\.5-(math-|coder-)?(prm-)?7b|deepseek-r1-distill-qwen-7b", _decoder(28, 3584, 28, 4, 18944, 152064, False)),
    (r"qwen2\.5-(coder-)?32b", _decoder(64, 5120, 40, 8, 27648, 152064, False)),
    (r"qwen3-0\.6b", _decoder(28, 1024, 16, 8, 3072, 151936, True, head_dim=128)),
    (r"qwen3-1\.7b", _decoder(28, 2048, 16, 8, 6144, 151936, True, head_dim=128)),
    (r"qwen3-4b", _decoder(36, 2560, 32, 8, 9728, 151936, True, head_dim=128)),
    (r"qwen3-8b", _decoder(36, 4096, 32, 8, 12288, 151936, False, head_dim=128)),
    (r"deepseek-math-7b", _decoder(30, 4096, 32, 32, 11008, 102400, False)),
    (r"mistral-7b|abel-7b-002", _decoder(32, 4096, 32, 8, 14336, 32000, False)),
    (r"llama-?3\.[12]-8b|llama-3-8b", _decoder(32, 4096, 32, 8, 14336, 128256, False)),
    (r"llama-?3\.[123]-70b|llama-3-70b", _decoder(80, 8192, 64, 8, 28672, 128256, False)),
    (r"phi-4-mini", _decoder(32, 3072, 24, 8, 8192, 200064, True)),
    (r"falcon3-3b", _decoder(22, 3072, 12, 4, 9216, 131072, False, head_dim=256)),
    (r"falcon3-7b", _decoder(28, 3072, 12, 4, 23040, 131072, False, head_dim=256)),
    (r"all-minilm-l6", _encoder(6, 384, 12, 30522)),
    (r"all-minilm-l12|bge-small-en", _encoder(12, 384, 12, 30522)),
    (r"all-mpnet-base|bge-base-en", _encoder(12, 768, 12, 30527)),
    (r"bge-large-en", _encoder(24, 1024, 16, 30522)),
)


def find_dimensions(ref: ModelRef, role: Literal["decoder", "encoder"] = "decoder") -> Dimensions:
    """The sizes of the model that `ref` names (its base, where it has an adapter); never fails, see `origin`."""
    local = _from_disk(ref)
    if local is not None:
        return local
    name = ref.target.lower()
    for pattern, dimensions in PUBLISHED:
        if re.search(pattern, name):
            return replace(dimensions, stored_bits=_bits_in_name(name))
    return _from_name(name, role)


def _from_disk(ref: ModelRef) -> Dimensions | None:
    target = Path(ref.target).expanduser()
    if ref.kind == "gguf":
        try:
            return from_gguf(read_header(target), f"the head of {target.name}")
        except (UserError, KeyError, TypeError, ValueError):
            return None  # loading the model says what is wrong with it; here its name has to do
    folders = [target] if ref.kind in ("path", "mlx") else []
    if ref.kind in ("hf", "mlx") and (snapshot := hub_snapshot(ref.target)):
        folders.append(snapshot)
    for folder in folders:
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            return from_config(config, f"config.json of {folder.name if ref.kind == 'path' else ref.target}")
        except (OSError, KeyError, TypeError, ValueError):
            continue  # as above
    return None


def from_config(config: Mapping[str, Any], origin: str) -> Dimensions:
    """Sizes from a transformers config.json. Raises KeyError or TypeError for a model of another shape."""
    # Models that also see or hear keep the language part's sizes in a section of its own.
    text = {**config, **config.get("text_config", {})}
    hidden, heads = int(text["hidden_size"]), int(text["num_attention_heads"])
    encoder = "position_embedding_type" in text or text.get("model_type") in ("bert", "roberta", "xlm-roberta", "mpnet")
    experts = int(text.get("num_experts") or text.get("num_local_experts") or text.get("n_routed_experts") or 1)
    expert_width = text.get("moe_intermediate_size") if experts > 1 else None
    quantization = config.get("quantization") or config.get("quantization_config") or {}
    bits = quantization.get("bits") or (4 if quantization.get("load_in_4bit") else None)
    return Dimensions(
        layers=int(text["num_hidden_layers"]),
        hidden=hidden,
        heads=heads,
        kv_heads=int(text.get("num_key_value_heads") or heads),
        head_dim=int(text.get("head_dim") or hidden // heads),
        feed_forward=int(expert_width or text["intermediate_size"]),
        vocabulary=int(text["vocab_size"]),
        # Absent means tied: config.json leaves out what equals transformers' default.
        tied=bool(text.get("tie_word_embeddings", True)),
        gated=not encoder,
        encoder=encoder,
        experts=experts,
        stored_bits=None if bits is None else int(bits),
        origin=origin,
    )


def from_gguf(header: Mapping[str, str | int | float | bool], origin: str) -> Dimensions:
    """Sizes from a GGUF head. Raises KeyError or ValueError where it lacks one."""
    architecture = header["general.architecture"]

    def fact(name: str) -> int:
        return int(header[f"{architecture}.{name}"])

    hidden, heads = fact("embedding_length"), fact("attention.head_count")
    own_kv, own_width = f"{architecture}.attention.head_count_kv", f"{architecture}.attention.key_length"
    return Dimensions(
        layers=fact("block_count"),
        hidden=hidden,
        heads=heads,
        kv_heads=int(header.get(own_kv, heads)),
        head_dim=int(header.get(own_width, hidden // heads)),
        feed_forward=fact("feed_forward_length"),
        vocabulary=int(header.get(f"{architecture}.vocab_size") or header[TOKENS]),
        tied=not header["output.weight"],
        experts=int(header.get(f"{architecture}.expert_count") or 1),
        origin=origin,
    )


def hub_snapshot(repository: str) -> Path | None:
    """The folder in which the hub's client keeps `repository`, where it has been downloaded to this machine."""
    cache = os.environ.get("HF_HUB_CACHE") or Path(
        os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface", "hub"
    )
    folder = Path(cache).expanduser() / f"models--{repository.replace('/', '--')}"
    try:
        snapshot = folder / "snapshots" / (folder / "refs" / "main").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return snapshot if snapshot.is_dir() else None


def _from_name(name: str, role: Literal["decoder", "encoder"]) -> Dimensions:
    """The shape of the published model nearest in size to what the name states, with that many parameters."""
    stated = re.search(r"(?<![\d.a-z])(?:(\d+)x)?(\d+(?:\.\d+)?)\s*([bm])(?![a-z0-9])", name)
    if stated:
        # "8x7B": a mixture's experts, all of which lie in memory.
        count = int(stated[1] or 1) * float(stated[2]) * (1e9 if stated[3] == "b" else 1e6)
        origin = f"guessed from the name ({stated[0].upper()})"
    else:
        # The largest of the published embedders, and for a language model the size that most of them have.
        count = ASSUMED_BILLIONS * 1e9 if role == "decoder" else 335e6
        origin = f"size unknown, {count / 1e9:.3g}B assumed"
    shapes = [shape for _, shape in PUBLISHED if shape.encoder == (role == "encoder")]
    nearest = min(shapes, key=lambda shape: abs(shape.parameters - count))
    return replace(nearest, stated_parameters=int(count), stored_bits=_bits_in_name(name), origin=origin)


def _bits_in_name(name: str) -> int | None:
    """4 for "...-4bit" and "...-bnb-4bit": weights that are quantized on the hub."""
    found = re.search(r"(?<!\d)([3-8])-?bit", name)
    return int(found[1]) if found else None
