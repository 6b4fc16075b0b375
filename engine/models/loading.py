"""From a ModelRef to a model that works: a policy or an embedder, on the device and in the dtype of the preset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EnvironmentMissing, UserError
from engine.models.cores import sleep_while_waiting
from engine.models.embedder import CachedEmbedder, Embedder, Vectors
from engine.models.hub import hub_is_reachable
from engine.models.weights import fingerprint, locate
from engine.recipes.model_reference import KINDS, ModelRef, parse_model_ref
from engine.recipes.settings import HardwarePreset

if TYPE_CHECKING:
    from engine.models.completion import Policy

EMBEDDING_BATCH = 64

Encode = Callable[[list[str]], Vectors]


def load_policy(reference: str, hardware: HardwarePreset) -> Policy:
    """A generating model. EnvironmentMissing names what is not there, UserError what cannot play this role."""
    ref = parse_model_ref(reference)
    if ref.kind == "openai":
        from engine.models.remote import RemotePolicy

        return RemotePolicy(ref.target, ref.model, concurrency=hardware.batch_size)
    _refuse_what_is_to_come(ref)
    _require_device(hardware)
    sleep_while_waiting()
    from engine.models.torch_policy import TorchPolicy

    with _naming_the_model(ref):
        place = locate(ref)
        model, tokenizer = load_model(place, hardware)
    mark = fingerprint(place) if isinstance(place, Path) else str(getattr(model.config, "_commit_hash", None) or place)
    return TorchPolicy(str(ref), mark, model, tokenizer, hardware.batch_size)


def load_model(place: Path | str, hardware: HardwarePreset) -> tuple[Any, Any]:
    """Model and tokenizer of transformers, ready to generate, from a folder or a hub repository."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # worker.log is read by people
    _use_threads(hardware)
    # A folder needs no hub; a repository may lie in the hub's local cache.
    where: dict[str, Any] = {"local_files_only": isinstance(place, Path) or not hub_is_reachable()}
    tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False, **where)
    if tokenizer.pad_token_id in (None, tokenizer.eos_token_id) and tokenizer.unk_token_id != tokenizer.eos_token_id:
        # Padding that is EOS hides the EOS that training must learn.
        tokenizer.pad_token = tokenizer.unk_token
    options: dict[str, Any] = {"dtype": getattr(torch, hardware.dtype), **where}
    if hardware.quantization == "nf4":
        options |= {"quantization_config": _nf4(options["dtype"]), "device_map": {"": hardware.device}}
    model: Any = AutoModelForCausalLM.from_pretrained(place, use_safetensors=True, trust_remote_code=False, **options)
    if hardware.quantization != "nf4":
        model = model.to(hardware.device)
    return model.eval(), tokenizer


def _use_threads(hardware: HardwarePreset) -> None:
    """As many cores as the preset says, for whichever model is loaded first."""
    import torch

    if hardware.threads:
        torch.set_num_threads(hardware.threads)


def load_embedder(reference: str, hardware: HardwarePreset, cache_dir: Path) -> Embedder:
    """An embedder that keeps its vectors under `cache_dir`; its model is loaded when a new text comes."""
    ref = parse_model_ref(reference)
    if ref.adapter is not None or ref.kind not in ("embedded", "hf", "path"):
        raise UserError(f"{ref} cannot be an embedder", "use embedded:all-minilm-l6-v2, hf:ORG/NAME or path:DIR")
    place = locate(ref)
    mark = fingerprint(place) if isinstance(place, Path) else place.replace("/", "--")
    return CachedEmbedder(str(ref), mark, _encoder(ref, place, hardware), cache_dir)


def _encoder(ref: ModelRef, place: Path | str, hardware: HardwarePreset) -> Callable[[], Encode]:
    def load() -> Encode:
        _require_device(hardware)
        sleep_while_waiting()
        _use_threads(hardware)
        from sentence_transformers import SentenceTransformer

        with _naming_the_model(ref):
            model = SentenceTransformer(
                str(place), device=hardware.device, model_kwargs={"use_safetensors": True}, trust_remote_code=False,
                local_files_only=isinstance(place, Path) or not hub_is_reachable(),
            )  # fmt: skip

        def encode(texts: list[str]) -> Vectors:
            vectors: Vectors = model.encode(
                texts, batch_size=EMBEDDING_BATCH, normalize_embeddings=True, show_progress_bar=False
            )
            return vectors

        return encode

    return load


def _refuse_what_is_to_come(ref: ModelRef) -> None:
    if ref.adapter is not None or ref.kind == "run":
        raise UserError(f"{ref} names an adapter, and this version loads none", "name the base model alone")
    if ref.kind == "mlx":
        raise EnvironmentMissing(
            f"{ref} needs MLX, which this version does not drive",
            "serve it with mlx_lm.server and name it openai:http://localhost:8080/v1#MODEL",
        )


def _nf4(compute_dtype: Any) -> Any:
    """4-bit weights as in QLoRA (Dettmers et al. 2023): NormalFloat4, the scales quantized again."""
    from transformers import BitsAndBytesConfig

    if find_spec("bitsandbytes") is None:
        raise EnvironmentMissing("nf4 quantization needs bitsandbytes", "python -m pip install bitsandbytes")
    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute_dtype,
    )  # fmt: skip


def _require_device(hardware: HardwarePreset) -> None:
    """The preset's device must be here: falling back to another one silently would be another experiment."""
    if hardware.backend == "mlx":
        raise EnvironmentMissing(
            f"the preset {hardware.name} runs on MLX, which this version does not drive", "use --preset cpu"
        )
    sleep_while_waiting()
    import torch

    seen = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not seen[hardware.device]:
        raise EnvironmentMissing(
            f"the preset {hardware.name} needs {hardware.device}, which torch does not see here",
            "choose a preset that fits this machine: mathreason-tui --list",
        )


@contextmanager
def _naming_the_model(ref: ModelRef) -> Iterator[None]:
    """Turns the many ways in which libraries say "no such model" into one error that names it."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        step = "check that it holds a config, a tokenizer and weights of a model that transformers knows"
        if ref.kind == "hf":
            step = "check the name (a private or gated model also needs HF_TOKEN)"
            if not hub_is_reachable():
                lines = ["the hub cannot be reached, and this machine has no copy of it"]
                step = "connect to the network, or download it elsewhere and name its folder path:DIR"
        raise EnvironmentMissing(f"cannot load {ref} ({KINDS[ref.kind]}): {lines[0]}", step) from error
