"""From a ModelRef to a model that works: a policy or an embedder, on the device and in the dtype of the preset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EnvironmentMissing, UserError
from engine.machine.batch_sizes import EMBEDDER_ROWS
from engine.models.adapter_files import Runs, base_of, open_adapter, resolve_runs
from engine.models.cores import sleep_while_waiting
from engine.models.embedder import CachedEmbedder, Embedder, Vectors
from engine.models.hub import hub_is_reachable
from engine.models.weights import fingerprint, locate
from engine.recipes.model_reference import KINDS, ModelRef, parse_model_ref
from engine.recipes.preset import HardwarePreset

if TYPE_CHECKING:
    from engine.models.completion import Policy

Encode = Callable[[list[str]], Vectors]


def load_policy(reference: str, hardware: HardwarePreset, runs: Runs | None = None) -> Policy:
    """A generating model. EnvironmentMissing names what is not there, UserError what cannot play this role.

    `A+B` is A with the adapter B; `run:RUN/STAGE` alone is that adapter on the base that its own config names. `runs`
    says where runs lie.
    """
    ref = resolve_runs(parse_model_ref(reference), runs)
    if ref.kind == "openai":
        from engine.models.remote import RemotePolicy

        return RemotePolicy(ref.target, ref.model, concurrency=hardware.batch_size)
    _refuse_what_is_to_come(ref)
    if ref.kind == "run":
        ref = replace(base_of(open_adapter(ref, runs)), adapter=ref)
    adapter = open_adapter(ref.adapter, runs) if ref.adapter is not None else None
    base = replace(ref, adapter=None)
    _require_device(hardware)
    sleep_while_waiting()
    from engine.models.torch_policy import TorchPolicy

    with _naming_the_model(base):
        place = locate(base)
        model, tokenizer = load_model(place, hardware)
    mark = fingerprint(place) if isinstance(place, Path) else str(getattr(model.config, "_commit_hash", None) or place)
    notes: tuple[str, ...] = ()
    if adapter is not None:
        from engine.models.adapters import apply_adapter

        with _naming_the_model(adapter.ref):
            model, notes = apply_adapter(model, adapter, base, place)
        mark = f"{mark}+{adapter.fingerprint}"
    return TorchPolicy(str(ref), mark, model, tokenizer, hardware.batch_size, notes)


def load_model(place: Path | str, hardware: HardwarePreset) -> tuple[Any, Any]:
    """Model and tokenizer of transformers, ready to generate, from a folder or a hub repository."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # worker.log is read by people
    _use_threads(hardware)
    # A folder needs no hub; a repository may lie in the hub's local cache.
    where: dict[str, Any] = {"local_files_only": isinstance(place, Path) or not hub_is_reachable()}
    _refuse_hidden_adapter(place, where)
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

        where: dict[str, Any] = {"local_files_only": isinstance(place, Path) or not hub_is_reachable()}
        with _naming_the_model(ref):
            _refuse_hidden_adapter(place, where)
            model = SentenceTransformer(
                str(place), device=hardware.device, model_kwargs={"use_safetensors": True}, trust_remote_code=False,
                **where,
            )  # fmt: skip

        def encode(texts: list[str]) -> Vectors:
            vectors: Vectors = model.encode(
                texts, batch_size=EMBEDDER_ROWS, normalize_embeddings=True, show_progress_bar=False
            )
            return vectors

        return encode

    return load


def _refuse_what_is_to_come(ref: ModelRef) -> None:
    if ref.kind == "mlx":
        raise EnvironmentMissing(
            f"{ref} needs MLX, which this version does not drive",
            "serve it with mlx_lm.server and name it openai:http://localhost:8080/v1#MODEL",
        )


def _refuse_hidden_adapter(place: Path | str, where: dict[str, Any]) -> None:
    """transformers would apply an adapter that lies beside a model, or load another base for it, and say nothing."""
    from transformers.utils.peft_utils import find_adapter_config_file

    if find_adapter_config_file(str(place), **where) is not None:
        name = f"path:{place}" if isinstance(place, Path) else f"hf:{place}"
        step = f"name it behind its base, BASE+{name}; beside a whole model no adapter may lie"
        raise UserError(f"{name} holds an adapter", step)


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
