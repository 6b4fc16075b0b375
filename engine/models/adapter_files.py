"""Where an adapter lies and what it says of itself; read before any model is loaded, and nothing of it executed.

An adapter is a folder with PEFT's adapter_config.json and adapter_model.safetensors: a folder (`path:`), a repository
(`hf:`), or what a run's stage made (`run:RUN/STAGE` is RUN/STAGE/adapter). Pickled ones (.bin) are never opened.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.errors import EnvironmentMissing, UserError
from engine.models.hub import hub_is_reachable
from engine.models.weights import hash_ends
from engine.recipes.model_reference import KINDS, ModelRef, parse_model_ref
from engine.runs.directory import RunDirectory, find_run, list_runs

CONFIG, WEIGHTS, PICKLED = "adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"
FOLDER = "adapter"
"""Where a stage that trains puts its adapter, inside its own folder."""
LAST = "last"

BASES = ("embedded", "hf", "path", "gguf")
"""Kinds of models that an adapter may name as its base."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Where `run:` looks: the folder of runs, and which of them is at work ("": none)."""

    folder: Path
    own: str = ""


@dataclass(frozen=True, slots=True)
class AdapterFiles:
    """An adapter on this disk. `base` is what its config names as the model it was made for, as it stands there."""

    ref: ModelRef
    weights: Path
    config: dict[str, Any]
    base: str
    fingerprint: str


def resolve_runs(ref: ModelRef, runs: Runs | None) -> ModelRef:
    """The reference with each `run:` by the run's whole id: what `last` means now.

    `run:last/STAGE` is what the run at work has made itself, else the newest run before it with an adapter of that
    stage.
    """
    if ref.adapter is not None:
        return replace(ref, adapter=resolve_runs(ref.adapter, runs))
    if ref.kind != "run":
        return ref
    if runs is None:
        raise _no_runs(ref)
    return ModelRef("run", f"{_run_of(ref, runs).id}/{_parts(ref)[1]}")


def open_adapter(ref: ModelRef, runs: Runs | None) -> AdapterFiles:
    """The adapter that `ref` names. UserError for what is none, EnvironmentMissing for what is not there."""
    config_file, weights = _files(ref, runs)
    try:
        config = json.loads(config_file.read_text(encoding="utf-8"))
        kind = config["peft_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{ref}: {CONFIG} is no adapter's: {error!r}", "name a folder that PEFT has saved") from error
    if kind != "LORA":
        raise UserError(f"{ref} is a {kind} adapter; LoRA is what there is", "train a LoRA adapter, or merge this one")
    base = config.get("base_model_name_or_path")
    digest = hashlib.sha256(config_file.read_bytes())
    hash_ends(weights, digest)
    return AdapterFiles(ref, weights, config, base if isinstance(base, str) else "", digest.hexdigest()[:12])


def base_of(adapter: AdapterFiles) -> ModelRef:
    """The model that the adapter was made for, by its own config: a ModelRef, a folder, or a repository's name."""
    named = adapter.base.strip()
    for text in (named, f"path:{named}" if Path(named).is_dir() else f"hf:{named}"):
        try:
            ref = parse_model_ref(text)
        except UserError:
            continue
        if ref.kind in BASES and ref.adapter is None:
            return ref
    said = f"names {named!r} as its base, which is no model" if named else "names no base"
    raise UserError(f"the config of {adapter.ref} {said}", f"name the base before it: BASE+{adapter.ref}")


def made_for(adapter: AdapterFiles, base: ModelRef, place: Path | str) -> bool:
    """Whether `base`, which lies at `place`, is the model that the adapter names; one that names none fits any."""
    named = adapter.base.strip()
    if named in ("", str(base), base.target, str(place)):
        return True
    return named.rstrip("/").rpartition("/")[2].lower() == base.target.rstrip("/").rpartition("/")[2].lower()


def _files(ref: ModelRef, runs: Runs | None) -> tuple[Path, Path]:
    if ref.kind == "hf":
        return _downloaded(ref)
    folder = _made_by_run(ref, runs) if ref.kind == "run" else Path(ref.target).expanduser()
    if not folder.is_dir():
        raise UserError(f"there is no adapter at {folder}", "correct the path, or choose another adapter")
    if not (folder / CONFIG).is_file():
        raise UserError(f"{folder} holds no adapter: {CONFIG} is missing", "name a folder that PEFT has saved")
    if not (folder / WEIGHTS).is_file():
        raise _no_weights(ref, pickled=(folder / PICKLED).exists())
    return folder / CONFIG, folder / WEIGHTS


def _downloaded(ref: ModelRef) -> tuple[Path, Path]:
    """From the hub or its local cache: the two files, and nothing else of the repository."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    def fetch(name: str) -> Path:
        return Path(hf_hub_download(ref.target, name, local_files_only=not hub_is_reachable()))

    try:
        config = fetch(CONFIG)
        try:
            return config, fetch(WEIGHTS)
        except EntryNotFoundError as error:
            raise _no_weights(ref, pickled=True) from error
    except (OSError, ValueError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        step = "check the name (a private or gated one also needs HF_TOKEN), or download it and name path:DIR"
        raise EnvironmentMissing(f"cannot load {ref} ({KINDS[ref.kind]}): {said}", step) from error


def _no_weights(ref: ModelRef, *, pickled: bool) -> UserError:
    if pickled:
        return UserError(
            f"{ref} holds no {WEIGHTS}: pickled weights ({PICKLED}) are never loaded",
            "save it again with PEFT, which writes safetensors",
        )
    return UserError(f"{ref} holds no {WEIGHTS}", "name a folder that PEFT has saved")


def _no_runs(ref: ModelRef) -> UserError:
    return UserError(
        f"{ref} names an adapter of a run, and no folder of runs is known here", "name its folder: path:DIR"
    )


def _parts(ref: ModelRef) -> tuple[str, str]:
    run, _, stage = ref.target.partition("/")
    if stage in (".", ".."):
        raise UserError(f"{ref} names no stage of a run", "write it like run:RUN_ID/STAGE")
    return run, stage


def _run_of(ref: ModelRef, runs: Runs) -> RunDirectory:
    name, stage = _parts(ref)
    if name != LAST:
        return find_run(runs.folder, name)
    newest_first = list_runs(runs.folder)
    # What began after the run at work is not there for it: a resumed run takes the adapter that it took before.
    own = next((place for place, run in enumerate(newest_first) if run.id == runs.own), 0)
    for run in newest_first[own:]:
        if (run.stage(stage) / FOLDER / CONFIG).is_file():
            return run
    raise UserError(f"no run in {runs.folder} has made an adapter in a stage {stage}", _with_adapters(runs))


def _made_by_run(ref: ModelRef, runs: Runs | None) -> Path:
    if runs is None:
        raise _no_runs(ref)
    run, stage = _run_of(ref, runs), _parts(ref)[1]
    folder = run.stage(stage) / FOLDER
    if not folder.is_dir():
        made = sorted(place.parent.name for place in run.path.glob(f"*/{FOLDER}"))
        step = f"it has made one in {', '.join(made)}" if made else _with_adapters(runs)
        raise UserError(f"run {run.id} has made no adapter in a stage {stage}", step)
    return folder


def _with_adapters(runs: Runs) -> str:
    """What a message offers instead."""
    for run in list_runs(runs.folder):
        if made := sorted(place.parent.parent.name for place in run.path.glob(f"*/{FOLDER}/{CONFIG}")):
            return f"the newest there is run:{run.id}/{made[0]}"
    return "no run there has made any: train one, or name a folder, path:DIR"
