"""Write docs/explained.md: the explanations of one frame from each manufacturer and of three that cannot be decoded.

Run ``python tools/write_explained.py`` after you change what `explain` prints; a test fails when the page is old.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from hanparse.annotate.explain import explain

ROOT = Path(__file__).parent.parent
FRAMES = ROOT / "tests" / "frames"
PAGE = ROOT / "docs" / "explained.md"

SHOWN = (
    ("Aidon", "aidon/list2-6515-1phase", "Every register contains its code, value, scaler and unit."),
    (
        "Kaifa",
        "kaifa/list2-ma105h2e-1phase",
        "The list contains values without codes. The position of a value defines its meaning.",
    ),
    (
        "Kamstrup",
        "kamstrup/list1-1phase-nulls",
        "The list contains a code, then its value, and so on. A 1-phase meter sends null-data for the other phases.",
    ),
    ("Landis+Gyr", "embriq/list2-zmf-tn", "The list has the same structure as Aidon's."),
    (
        "A damaged frame",
        "refused/wrong-fcs",
        "The explanation shows the values, but they do not become a measurement.",
    ),
    ("A truncated frame", "refused/truncated", "The explanation covers the bytes that were received."),
    (
        "A ciphered push",
        "refused/ciphered-glo",
        "The explanation shows the ciphered bytes, and why they cannot be read.",
    ),
)

HEAD = """# Frames explained

This page shows the output of `print(hanparse.explain(dump))` for one frame from each manufacturer, and for three
frames that cannot be decoded. The first lines summarise the input, with one line for each frame. The table below them
has four columns: offset, bytes, their name, and their meaning. `->` names the field of `Measurement` that the value
fills. `!` in the first column marks an error.

The output contains every byte once. `explain(dump).children` is the same explanation as a tree,
`explain(dump).to_dict()` has it for JSON, and a notebook shows it as a table. If a push is sent in segments, each
frame lists the elements that it contains; an element in two segments has its value at its last bytes. A flag between
two frames is listed with the first frame.

The frames are in `tests/frames`. `python tools/write_explained.py` writes this page.
"""


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join([HEAD, *(_section(title, name, remark) for title, name, remark in SHOWN)])


def _section(title: str, name: str, remark: str) -> str:
    content = tomllib.loads((FRAMES / f"{name}.toml").read_text("utf-8"))
    data = bytes.fromhex("".join(line.partition("#")[0] for line in content["frame"].splitlines()))
    return f"## {title}\n\n{remark} The file is `{name}.toml`.\n\n```text\n{explain(data)}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
