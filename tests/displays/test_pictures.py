"""A display shows its picture in a notebook by itself, once, and leaves pyplot alone."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mended import Note
from riskmodel.displays import CapacityDisplay

pytest.importorskip("matplotlib", reason="the plot extra is not installed")
nbformat = pytest.importorskip("nbformat", reason="the notebook extra is not installed")
nbclient = pytest.importorskip("nbclient", reason="the notebook extra is not installed")

PNG = b"\x89PNG\r\n"
WORDS = "<Figure size 600x400 with 1 Axes>"
SETUP = """
import pandas as pd
from IPython.display import display
from riskmodel.displays import CapacityDisplay
curve = CapacityDisplay(pd.DataFrame({"share": [0.1, 1.0], "recall": [0.4, 1.0]}))
"""
# what a cell says, how many pictures stand below it, and what stood there before
CELLS = {
    "a display as the value": ("curve", 1, "a table in words"),
    "plot() as the value": ("curve.plot()", 1, "<Axes: ...>"),
    "axes changed after plot()": ("ax = curve.plot()\nax.set_title('mine')", 1, "Text(...)"),
    "the figure as the value": ("ax = curve.plot()\nax.figure", 1, WORDS),
    "the figure again, a cell later": ("ax.figure", 1, WORDS),
    "the figure by display()": ("ax = curve.plot()\ndisplay(ax.figure)", 1, WORDS),
    "a value that is silenced": ("curve.plot();", 1, "nothing"),
    "three in a loop": ("for _ in range(3):\n    curve.plot()", 3, "nothing"),
    "a cell that fails after it": ("curve.plot()\n1 / 0", 1, "nothing"),
    "a cell without a display": ("1 + 1", 0, "nothing"),
    "axes of one's own": (
        "import matplotlib.pyplot as plt\nfig, both = plt.subplots(1, 2)\n"
        "curve.plot(both[0])\ncurve.plot(both[1])",
        1,
        "one picture",
    ),
    "after pyplot was used": ("curve.plot().figure", 1, "one picture"),
    "both ways in one cell": ("curve.plot()\ncurve", 2, "a table in words"),
    "pyplot's figures": ("curve.plot()\nassert not plt.get_fignums()", 1, "nothing"),
}


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run all cells in one kernel."""
    sources = {"setup": SETUP, **{name: cell[0] for name, cell in CELLS.items()}}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources.values()]
    )
    place = {"metadata": {"path": str(tmp_path_factory.mktemp("notebook"))}}
    nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources=place, allow_errors=True
    ).execute()
    return dict(zip(sources, notebook.cells, strict=True))


@pytest.mark.filterwarnings("default")  # the kernel's own libraries warn in this process
@pytest.mark.parametrize("name", CELLS)
def test_a_cell_shows_each_picture_once(name: str, cells: dict[str, Any], mended: Note) -> None:
    _, expected, before = CELLS[name]
    outputs = cells[name].outputs
    files = [o["data"]["image/png"] for o in outputs if "image/png" in o.get("data", {})]
    assert all(base64.b64decode(file).startswith(PNG) for file in files)
    assert len(files) == expected
    errors = [o["ename"] for o in outputs if o.output_type == "error"]
    assert errors == (["ZeroDivisionError"] if "fails" in name else [])
    mended("pictures", tried=name, before=before, now=f"pictures: {len(files)}")


def test_a_script_needs_neither_pyplot_nor_ipython(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "sys.modules['IPython'] = None\n"
        "import pandas as pd\n"
        "from riskmodel.displays import CapacityDisplay\n"
        "table = pd.DataFrame({'share': [0.1, 1.0], 'recall': [0.4, 1.0]})\n"
        "ax = CapacityDisplay(table).plot()\n"
        "ax.figure.savefig(sys.argv[1])\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    file = tmp_path / "curve.png"
    # of matplotlib's own, which meets a newer pyparsing on the lowest versions
    warnings = ["-W", "error", "-W", "ignore::DeprecationWarning"]
    subprocess.run([sys.executable, *warnings, "-c", script, str(file)], check=True)
    assert file.read_bytes().startswith(PNG)


def test_a_display_gives_its_picture_to_whoever_asks() -> None:
    table = pd.DataFrame({"share": [0.1, 1.0], "recall": [0.4, 1.0]})
    assert CapacityDisplay(table)._repr_png_().startswith(PNG)
