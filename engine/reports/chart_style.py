"""How every figure looks, and how it is saved: fit for a paper, PNG and PDF replaced whole.

One or two columns wide to the point, type of 7 to 9 points, no title inside (the caption has it), fonts embedded as
TrueType, palettes that colour-blind readers and grey printers can tell apart.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EnvironmentMissing
from engine.runs.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

# Okabe and Ito (2008), the four that are furthest apart for colour-blind eyes and in grey; shapes and hatching repeat
# the difference.
RIGHT_COLOUR = "#0072B2"
NOT_RIGHT_COLOUR = "#E69F00"
GREY = "#555555"
QUADRANT_COLOURS = {"robust": "#0072B2", "near-miss": "#E69F00", "lucky-guess": "#009E73", "failure": "#000000"}
QUADRANT_MARKERS = {"robust": "D", "near-miss": "^", "lucky-guess": "o", "failure": "X"}

ONE_COLUMN, TWO_COLUMNS = 3.3, 6.8
"""Inches, as the common two-column journals have them; a figure is placed at its natural size."""

TEXT_POINTS, SMALL_POINTS = 8, 7
FORMATS = ("png", "pdf")
DOTS_PER_INCH = {"png": 200, "pdf": 450}
"""PNGs are for screens; in a PDF only thousands of marks become an image, sharp enough for print."""

_STYLE: dict[RcKeyType, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same bytes on every machine
    "font.size": TEXT_POINTS,
    "xtick.labelsize": SMALL_POINTS,
    "ytick.labelsize": SMALL_POINTS,
    "legend.fontsize": SMALL_POINTS,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "grid.linewidth": 0.5,
    "savefig.bbox": "standard",  # "tight" would change the width
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "0.92",
    "hatch.linewidth": 0.6,
    "text.parse_math": False,  # a question about $5 is not a formula
    "pdf.fonttype": 42,  # embedded as TrueType: journals refuse Type 3
    "ps.fonttype": 42,
}

# Dates and program names out of the files: the same rows give the same bytes.
_METADATA: dict[str, dict[str, Any]] = {"png": {"Software": None}, "pdf": {"CreationDate": None}}


@contextmanager
def chart_style() -> Iterator[None]:
    """The style for drawing and saving; other users of matplotlib in the process keep theirs.

    Raises EnvironmentMissing where matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise EnvironmentMissing(
            f"the report's figures need matplotlib, which cannot be imported: {error}",
            "install the program's dependencies again, or leave the figures out with --set report.figures=false",
        ) from error
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # A character that the font lacks is drawn as a box; the whole text is in the rows.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of so many inches with one pair of axes, laid out so that nothing overlaps; call it in `chart_style`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def save_figure(figure: Figure, directory: Path, name: str) -> None:
    """Write <name>.png and <name>.pdf into the folder, each whole or not at all."""
    for kind in FORMATS:
        with replacing(directory / f"{name}.{kind}") as path:
            figure.savefig(path, format=kind, dpi=DOTS_PER_INCH[kind], metadata=_METADATA[kind])
