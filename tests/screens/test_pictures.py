"""The program that draws the pictures of the README still finds its way to every screen it shows."""

from __future__ import annotations

from pathlib import Path

from tests.pictures import PICTURES, PICTURES_OF_README, draw_all


def test_every_picture_is_kept_and_one_is_drawn_in_full(tmp_path: Path) -> None:
    assert {path.stem for path in PICTURES.glob("*.svg")} == {picture.name for picture in PICTURES_OF_README}
    (drawn,) = draw_all(tmp_path, ["alignment"])
    text = drawn.read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "gold&#160;↓&#160;student" in text
