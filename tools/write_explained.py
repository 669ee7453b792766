"""The frames of tests/frames, one of each maker and two faulty ones -> docs/explained.md: what `explain` says of them.

Run ``python tools/write_explained.py`` after changing what `explain` says; a test holds the page and the code together.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from hanparse.annotate.explain import explain

ROOT = Path(__file__).parent.parent
FRAMES = ROOT / "tests" / "frames"
PAGE = ROOT / "docs" / "explained.md"

SHOWN = (
    ("Aidon", "aidon/list2-6515-1phase", "Every register has its code, its value, its scaler and its unit."),
    ("Kaifa", "kaifa/list2-ma105h2e-1phase", "Values without codes: the position says what they are."),
    (
        "Kamstrup",
        "kamstrup/list1-1phase-nulls",
        "Codes and values in turn; a 1-phase meter sends null-data for the rest.",
    ),
    ("Landis+Gyr", "embriq/list2-zmf-tn", "As Aidon's."),
    ("A damaged frame", "refused/wrong-fcs", "The values are shown; nothing became of them."),
    ("A truncated frame", "refused/truncated", "It is explained as far as it goes."),
    ("A ciphered push", "refused/ciphered-glo", "What cannot be read is shown, with the reason."),
)

HEAD = """# Frames explained

What `print(hanparse.explain(dump))` shows for a frame of each maker, and for three that cannot be decoded. The first
lines say what there is, one line a frame. Below, from left to right: offset, bytes, what they are, what they say. `->`
names the field of `Measurement` that a value became, `!` in the first column marks what is wrong.

Every byte is shown once. The same as a tree: `explain(dump).children`, as JSON: `.to_dict()`; a notebook shows a table.
In a push in segments each frame shows the elements that it carries; one that is cut in two has its value with its last
bytes. A flag that two frames share belongs to the first.

The frames are those of `tests/frames`. This page is written by `python tools/write_explained.py`.
"""


def page() -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, *(_section(title, name, remark) for title, name, remark in SHOWN)])


def _section(title: str, name: str, remark: str) -> str:
    content = tomllib.loads((FRAMES / f"{name}.toml").read_text("utf-8"))
    data = bytes.fromhex("".join(line.partition("#")[0] for line in content["frame"].splitlines()))
    return f"## {title}\n\n{remark} The file is `{name}.toml`.\n\n```text\n{explain(data)}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
