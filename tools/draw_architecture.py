"""Draw docs/architecture.svg from the imports in src/hanparse.

A box is a module or a package. An arrow is an import. Run ``python tools/draw_architecture.py`` after you move a
module. A test fails if the picture is old.
"""

from __future__ import annotations

import ast
import tomllib
from html import escape
from pathlib import Path
from textwrap import wrap

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "hanparse"
PICTURE = ROOT / "docs" / "architecture.svg"

WIDTH, BOX, HEIGHT, GAP, STEP = 1358, 206, 104, 18, 150
STYLE = """
text { font: 12px sans-serif; fill: #1c2733 } .name { font-weight: 600; font-size: 15px }
rect { fill: #eef3f8; stroke: #5b7083; rx: 6 } path { stroke: #5b7083; fill: none; stroke-width: 1.4 }
svg { background: white }
"""


def layers() -> list[list[str]]:
    """Return the modules, layer by layer, as the import contract in pyproject.toml lists them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    found = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [[module.strip() for module in layer.split("|")] for layer in found if layer != "__main__"]


def sources(module: str) -> list[Path]:
    """Return the files of a module or package."""
    return sorted((PACKAGE / module).glob("*.py")) or [PACKAGE / f"{module}.py"]


def sentence(module: str) -> str:
    """Return the first paragraph of the docstring of a module."""
    path = PACKAGE / module / "__init__.py"
    text = ast.get_docstring(ast.parse((path if path.exists() else PACKAGE / f"{module}.py").read_text("utf-8"))) or ""
    return text.partition("\n\n")[0].replace("\n", " ").replace("`", "")


def arrows() -> set[tuple[str, str]]:
    """Return the pairs of importing and imported modules. They include imports that only type checkers execute."""
    modules = {module for layer in layers() for module in layer}
    found = set()
    for module in modules:
        for path in sources(module):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hanparse"):
                    parts = (node.module or "").split(".")
                    names = [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
                    found |= {(module, name) for name in names if name in modules and name != module}
    return found


def shortest(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the arrows without those that a chain of other arrows implies. More arrows would be hard to read."""
    return {(start, end) for start, end in found if not _is_reachable(found - {(start, end)}, start, end)}


def _is_reachable(found: set[tuple[str, str]], start: str, end: str) -> bool:
    imported = {target for source, target in found if source == start}
    return end in imported or any(_is_reachable(found, target, end) for target in imported)


def draw() -> str:
    """Return the picture as SVG."""
    places = {
        module: ((WIDTH - len(layer) * (BOX + GAP) + GAP) / 2 + column * (BOX + GAP), 16 + row * STEP)
        for row, layer in enumerate(layers())
        for column, module in enumerate(layer)
    }
    height = 16 + len(layers()) * STEP - (STEP - HEIGHT) + 16
    lines = [_line(places[start], places[end]) for start, end in sorted(shortest(arrows()))]
    boxes = [_box(module, *place) for module, place in places.items()]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"><style>{STYLE}</style>'
    marker = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z" style="fill:#5b7083"/></marker></defs>'
    )
    return "\n".join(
        [head, "<title>The modules of hanparse and what imports what</title>", marker, *lines, *boxes, "</svg>", ""]
    )


def _box(module: str, x: float, y: float) -> str:
    name = f"{module}/" if (PACKAGE / module).is_dir() else f"{module}.py"
    rows = wrap(sentence(module), 29, max_lines=5, placeholder=" …")
    text = "".join(f'<tspan x="{x + 10:.0f}" dy="15">{escape(row)}</tspan>' for row in rows)
    title = f'<text class="name" x="{x + 10:.0f}" y="{y + 19:.0f}">{name}</text>'
    return f'<rect x="{x:.0f}" y="{y:.0f}" width="{BOX}" height="{HEIGHT}"/>{title}<text y="{y + 20:.0f}">{text}</text>'


def _line(start: tuple[float, float], end: tuple[float, float]) -> str:
    x1, y1, x2, y2 = start[0] + BOX / 2, start[1] + HEIGHT, end[0] + BOX / 2, end[1]
    if start[1] == end[1]:  # the modules are neighbours in one layer
        y1 = y2 = start[1] + HEIGHT / 2
        x1, x2 = (start[0] + BOX, end[0]) if start[0] < end[0] else (start[0], end[0] + BOX)
    spread = (x2 - x1) * 0.12
    return f'<path d="M{x1 + spread:.0f} {y1:.0f}L{x2 - spread:.0f} {y2:.0f}" marker-end="url(#tip)"/>'


if __name__ == "__main__":
    PICTURE.write_text(draw(), "utf-8")
