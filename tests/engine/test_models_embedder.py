"""The cached embedder: every text computed once, kept through kills and damage, shared by processes."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import EnvironmentMissing
from engine.models.embedder import CachedEmbedder, Vectors
from engine.models.loading import load_embedder
from engine.recipes.preset import HardwarePreset
from tests.cost import STUCK_S, cpu_seconds

CPU = HardwarePreset(name="cpu", title="CPU")
DIMENSIONS = 384


class Counted:
    """A table model: a text's vector follows from its characters; it remembers what it was asked."""

    def __init__(self) -> None:
        self.loaded = 0
        self.asked: list[list[str]] = []

    def load(self) -> Callable[[list[str]], Vectors]:
        self.loaded += 1
        return self.encode

    def encode(self, texts: list[str]) -> Vectors:
        self.asked.append(texts)
        return np.stack([unit(text) for text in texts])


def unit(text: str) -> Vectors:
    vector = np.random.default_rng(list(text.encode())).standard_normal(DIMENSIONS).astype(np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def embedder(model: Counted, cache: Path, fingerprint: str = "print") -> CachedEmbedder:
    return CachedEmbedder("toy", fingerprint, model.load, cache)


def test_distinct_texts_are_computed_once_sorted_by_length(tmp_path: Path) -> None:
    model = Counted()
    texts = ["a longer step", "step", "a longer step", "step 2", "step"]
    vectors = embedder(model, tmp_path).embed(texts)
    assert model.asked == [["step", "step 2", "a longer step"]]
    np.testing.assert_array_equal(vectors, np.stack([unit(text) for text in texts]))


def test_a_known_text_needs_no_model(tmp_path: Path) -> None:
    embedder(Counted(), tmp_path).embed(["a", "b"])
    model = Counted()
    vectors = embedder(model, tmp_path).embed(["b", "a", "b"])
    assert model.loaded == 0
    np.testing.assert_array_equal(vectors, np.stack([unit(text) for text in "bab"]))
    embedder(model, tmp_path).embed(["a", "c"])
    assert model.asked == [["c"]]


def test_another_model_has_its_own_vectors(tmp_path: Path) -> None:
    embedder(Counted(), tmp_path).embed(["a"])
    other = Counted()
    embedder(other, tmp_path, "other").embed(["a"])
    assert other.asked == [["a"]]


def test_no_texts_give_no_rows(tmp_path: Path) -> None:
    assert len(embedder(Counted(), tmp_path).embed([])) == 0


def test_any_text_can_be_kept(tmp_path: Path) -> None:
    texts = ["", "\x00", "é ✓", "half a \ud83d pair"]
    model = Counted()
    model.encode = lambda texts: np.eye(len(texts), DIMENSIONS, dtype=np.float32)  # type: ignore[method-assign]
    first = embedder(model, tmp_path).embed(texts)
    np.testing.assert_array_equal(embedder(Counted(), tmp_path).embed(texts), first)


@pytest.mark.xdist_group("alone")
def test_twenty_thousand_known_texts_come_within_a_second(tmp_path: Path) -> None:
    texts = [f"step {number}" for number in range(20_000)]
    model = Counted()
    shared = np.tile(unit("x"), (len(texts), 1))
    model.encode = lambda texts: shared[: len(texts)]  # type: ignore[method-assign]
    embedder(model, tmp_path).embed(texts)
    assert cpu_seconds(lambda: embedder(Counted(), tmp_path).embed(texts), within=1) < 1


WRITER = """
import sys
from pathlib import Path
import numpy as np
from engine.models.embedder import CachedEmbedder
encode = lambda texts: np.full((len(texts), 384), 1, dtype=np.float32)
embedder = CachedEmbedder("toy", "print", lambda: encode, Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    embedder.embed([f"{sys.argv[2]} {number} {part}" for part in range(20)])
    print(number, flush=True)
"""


def writer(cache: Path, name: str, calls: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(cache), name, str(calls)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip


@pytest.mark.xdist_group("alone")
def test_what_a_killed_process_kept_is_whole(tmp_path: Path) -> None:
    process = writer(tmp_path, "killed", 100_000)
    assert process.stdout is not None
    while int(process.stdout.readline()) < 30:
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    model = Counted()
    vectors = embedder(model, tmp_path).embed([f"killed {n} {part}" for n in range(30) for part in range(20)])
    assert model.loaded == 0
    assert (vectors == 1).all()
    assert len(embedder(Counted(), tmp_path).embed(["another"])) == 1
    process.stdout.close()


@pytest.mark.xdist_group("alone")
def test_two_processes_share_it(tmp_path: Path) -> None:
    for process in [writer(tmp_path, name, 40) for name in ("a", "b")]:
        process.communicate(timeout=STUCK_S)
        assert process.returncode == 0
    model = Counted()
    embedder(model, tmp_path).embed([f"{name} {n} {part}" for name in "ab" for n in range(40) for part in range(20)])
    assert model.loaded == 0


@pytest.mark.parametrize("damage", ["no database", "damaged pages"])
def test_a_damaged_file_is_put_aside_and_begun_anew(tmp_path: Path, damage: str) -> None:
    texts = [f"step {number}" for number in range(50)]
    embedder(Counted(), tmp_path).embed(texts)
    file = tmp_path / "embeddings" / "print.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    start = 0 if damage == "no database" else 4096
    content[start : start + 8192] = b"x" * 8192
    file.write_bytes(content)
    vectors = embedder(Counted(), tmp_path).embed(texts)
    np.testing.assert_array_equal(vectors, np.stack([unit(text) for text in texts]))
    model = Counted()
    embedder(model, tmp_path).embed(texts)
    assert model.loaded == 0
    assert list(file.parent.glob("*.damaged-*"))


def test_the_embedded_embedder_knows_what_is_alike(tmp_path: Path) -> None:
    subject = load_embedder("embedded:all-minilm-l6-v2", CPU, tmp_path)
    apples, fruit, train = subject.embed(
        ["She buys 3 apples for 6 dollars.", "The three apples cost six dollars.", "The train leaves at noon."]
    )
    assert subject.embed(["The train leaves at noon."]).shape == (1, DIMENSIONS)
    np.testing.assert_allclose(np.linalg.norm([apples, fruit, train], axis=1), 1, atol=1e-5)
    assert apples @ fruit > 0.7 > 0.3 > apples @ train


def test_a_cache_that_cannot_be_there_is_named_with_the_way_out(tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("")
    embedder = CachedEmbedder("toy", "toy", lambda: lambda texts: np.ones((len(texts), 4), np.float32), blocked)
    with pytest.raises(EnvironmentMissing, match="a file/embeddings") as caught:
        embedder.embed(["one"])
    assert "MATHREASON_CACHE" in caught.value.next_step
