"""Write docs/explained.md: the explanations of one frame from each manufacturer, and of three undecodable frames.

Run ``python tools/write_explained.py`` after a change of the output of `explain`. A test fails if the page is old.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from hanparse.annotate.explain import explain

ROOT = Path(__file__).parent.parent
FRAMES = ROOT / "tests" / "frames"
PAGE = ROOT / "docs" / "explained.md"

SHOWN = (
    (
        "Aidon",
        "aidon/list2-6515-1phase",
        "Every register is a structure that contains a code, a value, a scaler and a unit.",
    ),
    (
        "Kaifa",
        "kaifa/list2-ma105h2e-1phase",
        "The list contains values without codes. The position of a value in the list defines its meaning.",
    ),
    (
        "Kamstrup",
        "kamstrup/list1-1phase-nulls",
        "Codes and values alternate in the list. This 1-phase meter sends null-data for L2 and L3.",
    ),
    ("Landis+Gyr", "embriq/list2-zmf-tn", "The list has the same structure as the list of Aidon."),
    (
        "A damaged frame",
        "refused/wrong-fcs",
        "The FCS of this frame is wrong. The explanation shows the values, but `decode` returns no measurement.",
    ),
    (
        "A truncated frame",
        "refused/truncated",
        "The end of this frame is missing. The explanation shows the received bytes.",
    ),
    (
        "A ciphered push",
        "refused/ciphered-glo",
        "Without a key, the explanation shows only that the push is ciphered.",
    ),
)

HEAD = """# Frames explained

The function `explain` shows the meaning of every byte of a dump, which is a text with the bytes of frames. This page
contains the output of `print(hanparse.explain(dump))` for seven frames: one frame from each of four manufacturers, and
three frames from which hanparse returns no values. A *push* is one message that a meter sends without being asked, and
a *list* is the set of values in a push.

The first line of each output contains the number of bytes and frames. The next lines summarise each frame. Below them
is a table for each frame. Each row of a table describes one part of the frame, for example a flag, a code or a value.
The four columns contain the offset of the first byte of the part, the bytes of the part, its name, and its meaning.
Offsets and bytes are hexadecimal. After an arrow (`->`) is the name of the field of `Measurement` that contains the
value. An exclamation mark (`!`) at the beginning of a line marks an error.

Each byte of the dump is in exactly one row. If a meter sends a push in several frames (segments), the table of each
frame contains the parts in this frame. If a value begins in one segment and ends in the next, its meaning is in the row
of its last bytes. If two frames share the flag between them, this flag is in the table of the first frame.

`explain(dump).children` contains the same explanation as a tree, and `explain(dump).to_dict()` returns this tree as a
`dict` for JSON. A Jupyter notebook shows the explanation as a table.

The frames are in the folder `tests/frames` of the repository. `python tools/write_explained.py` writes this page.
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
