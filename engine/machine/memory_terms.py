"""The parts of a memory estimate: what each model of a recipe holds on a preset, and how each figure comes about.

The terms: weights, KV cache (a shared few-shot prefix counted once), the working memory of the heaviest forward pass
with the logits, the embedder, a judge, and what the libraries take before the first model. Stages follow each other,
and models stay loaded between them, so the heaviest stage's working memory counts once beside all weights. Training's
terms (gradients, optimizer, adapters) join here, stage kind by stage kind. GB are 2**30 bytes; pure arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from engine.machine.batch_sizes import CACHE_GROWTH, EMBEDDER_ROWS, PREFILL_TOKENS
from engine.machine.dimensions import Dimensions, find_dimensions
from engine.machine.hardware import GIB
from engine.machine.workloads import ALLOCATOR_SLACK, Embedding, Generation, MemoryTerm, Workload
from engine.recipes.model_reference import ModelRef, parse_model_ref
from engine.recipes.preset import HardwarePreset
from engine.recipes.recipe import Recipe
from engine.recipes.stages.section import StageSection
from engine.stages import resolve_lazy, stage_kind

BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0}
# Bits a weight with its scales: nf4 in blocks of 64 with doubly quantized scales (QLoRA, section 3), MLX in groups of
# 64 with a scale and a bias of 16 bits each.
NF4_BITS = 4 + 8 / 64 + 32 / (64 * 256)
MLX_EXTRA_BITS = 32 / 64

# Measured on Linux: a worker that has imported torch, transformers, sentence-transformers, sympy and matplotlib.
RUNTIME_RAM_GB = 0.55
# A CUDA context with the kernels of torch, cuBLAS workspaces and what the caching allocator cannot hand out.
RUNTIME_CUDA_GB = 1.4
# Measured: two processes that import math-verify (0.06 GB each), and the child that each forks.
GRADERS_GB = 0.15
# Measured: the first use of a GGUF file holds its weights in 32 bits and half as much again while it saves them.
UNPACKING_SHARE = 1.5
# What an adapter is taken for that cannot be looked at from here (of a run, of a hub).
LORA_RANK = 16
# Sampling on the CPU: probabilities, sorted ones, their places and two sums in 64 bits, in units of 32-bit copies.
SAMPLING_COPIES = 9


def memory_terms(recipe: Recipe, preset: HardwarePreset) -> list[MemoryTerm]:
    """Every part of the sum, largest concerns first; a model behind a server takes nothing here."""
    asked = [(stage, workload(stage, recipe, preset)) for stage in recipe.stages]
    terms: list[MemoryTerm] = []
    for role in dict.fromkeys(role for _, work in asked for role in work.batches):
        used: dict[ModelRef, list[tuple[StageSection, Generation]]] = {}
        for stage, work in asked:
            if role in work.batches and (ref := local_model(recipe, preset, role, stage)):
                used.setdefault(ref, []).append((stage, work.batches[role]))
        for ref, batches in used.items():
            name = role if len(used) == 1 else f"{batches[0][0].name} {role}"
            terms += _generator_terms(name, ref, [batch for _, batch in batches], preset)
    embedders: dict[ModelRef, list[Embedding]] = {}
    for stage, work in asked:
        if work.embedding and (ref := local_model(recipe, preset, "embedder", stage)):
            embedders.setdefault(ref, []).append(work.embedding)
    for ref, embeddings in embedders.items():
        terms += _embedder_terms(ref, max(embeddings, key=lambda e: e.tokens * e.slack))
    terms += max((work.beside for _, work in asked), key=lambda beside: sum(term.gb for term in beside))
    return [*terms, *_runtime_terms(preset, grading=any(work.grades for _, work in asked))]


def workload(stage: StageSection, recipe: Recipe, preset: HardwarePreset) -> Workload:
    """What a stage asks, as the table of stages says."""
    asked: Workload = resolve_lazy(stage_kind(stage.kind).memory)(stage, recipe, preset)
    return asked


def weights_gb(dimensions: Dimensions, ref: ModelRef, preset: HardwarePreset) -> float:
    """GB of a model's weights as they lie in memory."""
    bits = 8 * BYTES[preset.dtype]
    # GGUF weights are unpacked when they are loaded; weights that a repository quantized stay as they are.
    if dimensions.stored_bits and ref.kind != "gguf":
        return dimensions.parameters * (dimensions.stored_bits + MLX_EXTRA_BITS) / 8 / GIB
    if preset.quantization == "mlx-q4":
        return dimensions.parameters * (4 + MLX_EXTRA_BITS) / 8 / GIB
    if preset.quantization == "nf4":  # the matrices over the vocabulary keep their format
        kept = min(dimensions.embedding_parameters, dimensions.parameters)
        return (kept * bits + (dimensions.parameters - kept) * NF4_BITS) / 8 / GIB
    return dimensions.parameters * bits / 8 / GIB


def cache_gb(dimensions: Dimensions, batch: Generation, bytes_per_number: float) -> float:
    """GB of keys and values at the end of the batch: the shared prefix once, everything else for each row."""
    grown = batch.new if batch.new < CACHE_GROWTH else math.ceil(batch.new / CACHE_GROWTH) * CACHE_GROWTH
    tokens = batch.prefix + batch.rows * (batch.suffix + grown)
    return tokens * dimensions.cache_bytes_per_token(bytes_per_number) / GIB


def prefill_gb(dimensions: Dimensions, batch: Generation, preset: HardwarePreset) -> float:
    """GB that one layer works in while prompts are encoded: so many rows that the device's PREFILL_TOKENS are not
    passed, or the whole prefix at once.

    Beside the residual stream, its normalized copy and the 32-bit numbers of the normalization lies either the
    feed-forward's inner part (gate, up, product) or the attention's (queries, keys, values, outputs).
    """
    tokens = max(min(batch.rows * batch.suffix, PREFILL_TOKENS[preset.device]), batch.suffix, batch.prefix)
    return ALLOCATOR_SLACK * tokens * _layer_bytes(dimensions, BYTES[preset.dtype]) / GIB


def decode_gb(dimensions: Dimensions, batch: Generation, preset: HardwarePreset) -> float:
    """GB of a decoding step: the scores over the vocabulary, one position a row, and the attention's over the row."""
    copies = (SAMPLING_COPIES if preset.device == "cpu" else 2) if batch.sampled else 1
    # The logits come in the preset's format and are kept beside those of the step before.
    logits = batch.rows * dimensions.vocabulary * (2 * BYTES[preset.dtype] + 4 * copies)
    # Scores, weights in 32 bits and weights in the preset's format, for one layer.
    attention = batch.rows * dimensions.heads * (batch.suffix + batch.new) * (2 * BYTES[preset.dtype] + 4)
    return ALLOCATOR_SLACK * (logits + attention) / GIB


def _layer_bytes(dimensions: Dimensions, bytes_per_number: float) -> float:
    """Working memory of one layer for one token."""
    stream = dimensions.hidden * (2 * bytes_per_number + 2 * 4)
    feed_forward = dimensions.feed_forward * (3 if dimensions.gated else 2) * bytes_per_number
    attention = 2 * (dimensions.heads + dimensions.kv_heads) * dimensions.head_dim * bytes_per_number
    return stream + max(feed_forward, attention)


def _generator_terms(
    role: str, ref: ModelRef, batches: list[Generation], preset: HardwarePreset
) -> Iterator[MemoryTerm]:
    dimensions, number = find_dimensions(ref), BYTES[preset.dtype]
    weights = weights_gb(dimensions, ref, preset)
    heaviest = max(batches, key=lambda b: cache_gb(dimensions, b, number) + prefill_gb(dimensions, b, preset))
    stored = f"{8 * weights * GIB / dimensions.parameters:.3g} bits each"
    yield MemoryTerm(
        f"{role} weights", weights, f"{_count(dimensions.parameters)} parameters, {stored}; {dimensions.origin}"
    )
    if ref.adapter is not None:
        yield _adapter_term(role, ref.adapter, dimensions)
    own = heaviest.suffix + heaviest.new
    prefix = f", a shared prefix of {heaviest.prefix:,} once" if heaviest.prefix else ""
    kilobytes = dimensions.cache_bytes_per_token(number) / 1024
    cache = cache_gb(dimensions, heaviest, number)
    yield MemoryTerm(
        f"{role} KV cache", cache, f"{heaviest.rows} rows of {own:,} tokens{prefix}; {kilobytes:.3g} KB a token"
    )
    prefill, decode = prefill_gb(dimensions, heaviest, preset), decode_gb(dimensions, heaviest, preset)
    working = max(prefill, decode)  # the one is over before the other begins
    yield MemoryTerm(
        f"{role} working memory",
        working,
        f"one layer over prompts of {heaviest.suffix:,} tokens"
        if prefill >= decode
        else f"logits of {heaviest.rows} rows over {dimensions.vocabulary:,} tokens, and attention",
    )
    unpacking = UNPACKING_SHARE * dimensions.parameters * 4 / GIB - weights - cache - working
    if ref.kind == "gguf" and preset.device == "cpu" and unpacking > 0:
        yield MemoryTerm(f"{role} unpacking", unpacking, "what the first use of a GGUF file takes beyond the above")


def _adapter_term(role: str, adapter: ModelRef, dimensions: Dimensions) -> MemoryTerm:
    """A LoRA adapter: kept beside the weights in 16 bits and nf4, there while it is merged in 32."""
    file = Path(adapter.target).expanduser() / "adapter_model.safetensors"
    if adapter.kind == "path" and file.is_file():
        return MemoryTerm(f"{role} adapter", file.stat().st_size / GIB, f"the size of {file.name}")
    of_heads, of_keys = dimensions.heads * dimensions.head_dim, dimensions.kv_heads * dimensions.head_dim
    attention = 4 * dimensions.hidden + 2 * of_heads + 2 * of_keys
    feed_forward = (3 if dimensions.gated else 2) * (dimensions.hidden + dimensions.feed_forward)
    numbers = LORA_RANK * dimensions.layers * (attention + feed_forward)
    return MemoryTerm(f"{role} adapter", numbers * 4 / GIB, f"taken as rank {LORA_RANK} on every linear layer, 32 bits")


def _embedder_terms(ref: ModelRef, heaviest: Embedding) -> Iterator[MemoryTerm]:
    """Embedders run in 32 bits whatever the preset says: scores are to be the same everywhere."""
    dimensions = find_dimensions(ref, "encoder")
    tokens = heaviest.tokens
    layer = heaviest.slack * EMBEDDER_ROWS * tokens * _layer_bytes(dimensions, 4.0) / GIB
    scores = EMBEDDER_ROWS * dimensions.heads * tokens**2 * 4 / GIB
    yield MemoryTerm(
        "embedder",
        dimensions.parameters * 4 / GIB + layer + scores,
        f"{_count(dimensions.parameters)} parameters in 32 bits, {EMBEDDER_ROWS} steps at once; {dimensions.origin}",
    )


def _runtime_terms(preset: HardwarePreset, grading: bool) -> Iterator[MemoryTerm]:
    """What there is before any model; on a device only what lies in the device's own memory."""
    if preset.device == "cuda":
        yield MemoryTerm("CUDA", RUNTIME_CUDA_GB, "context, kernels and workspaces")
    if preset.device == "cpu":
        yield MemoryTerm("libraries", RUNTIME_RAM_GB, "Python with torch, transformers and the rest")
        if grading:
            yield MemoryTerm("graders", GRADERS_GB, "two processes with math-verify")


def local_model(recipe: Recipe, preset: HardwarePreset, role: str, stage: StageSection) -> ModelRef | None:
    """The model that takes memory on this machine for `role` in a stage: its own, else the recipe's, else the preset's;
    None for a server's."""
    own = getattr(recipe.models_of(stage), role)
    text = getattr(preset.models, role, None) if own is None else own
    ref = parse_model_ref(text) if text and text != "none" else None
    return None if ref is None or ref.remote else ref


def _count(parameters: int) -> str:
    return f"{parameters / 1e9:.2f}B" if parameters >= 1e9 else f"{parameters / 1e6:.0f}M"
