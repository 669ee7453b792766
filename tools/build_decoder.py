"""Build the decoder page: ``python tools/build_decoder.py FOLDER`` writes the page and all its files to FOLDER.

The page runs hanparse in Pyodide. The repository contains neither Pyodide nor wheels. This tool gets Pyodide from npm
and the wheels from pip, in fixed versions with fixed hashes. It builds the wheel of hanparse from this checkout. It
needs npm, pip, and hanparse with its dependencies.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from hanparse.annotate import bytemap

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "decoder"
STATIC: Final = ("index.html", "app.mjs", "worker.mjs", "style.css", "icon.svg")
MODULES: Final = ("answer.py", "ciphers.py", "plot.py")

PYODIDE: Final = "314.0.7"
PYODIDE_SHA512: Final = "0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
PYODIDE_FILES: Final = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)


def build(folder: Path) -> None:
    """Replace `folder` with a new folder that contains the page."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in (*STATIC, *MODULES):
        shutil.copy(PAGE / name, folder)
    (folder / "map.css").write_text(bytemap.css(bytemap.MAX_PARTS), "utf-8")
    with TemporaryDirectory() as work:
        _pyodide(Path(work), folder / "pyodide")
    wheels = _wheels(folder / "wheels")
    version = next(name for name in wheels if name.startswith("hanparse-")).split("-")[1]
    built = {"version": version, "wheels": wheels, "modules": MODULES}
    (folder / "built.json").write_text(json.dumps(built), "utf-8")


def _pyodide(work: Path, folder: Path) -> None:
    """Get Pyodide from npm. Exits with a message if the package is not the one with the fixed hash."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("expected npm, which gets Pyodide, found none; install it, on Debian with apt-get install npm")
    subprocess.run([npm, "pack", "--silent", f"pyodide@{PYODIDE}"], cwd=work, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    package = work / f"pyodide-{PYODIDE}.tgz"
    found = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode("ascii")
    if found != PYODIDE_SHA512:
        sys.exit(f"expected {package.name} with the SHA-512 {PYODIDE_SHA512}, found {found}")
    folder.mkdir()
    with tarfile.open(package) as archive:
        for name in PYODIDE_FILES:
            member = archive.extractfile(f"package/{name}")
            if member is None:
                sys.exit(f"expected the file {name} in {package.name}, found none")
            (folder / name).write_bytes(member.read())


def _wheels(folder: Path) -> list[str]:
    """Build the wheels, and return their names. The wheels contain no compiled code, so they run in Pyodide.

    Without a C compiler, pip builds crcmod in pure Python. The cache of pip is not used, because it can contain a
    compiled wheel.
    """
    pure = {**os.environ, "CC": "/bin/false"}
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-cache-dir", "-w", str(folder)]
    fixed = ["--require-hashes", "--no-binary", "crcmod", "-r", str(PAGE / "requirements.txt")]
    for given in (fixed, [str(ROOT)]):
        subprocess.run([*pip, *given], check=True, env=pure)  # noqa: S603  arguments of this tool alone
    names = sorted(path.name for path in folder.glob("*.whl"))
    if machine := [name for name in names if not name.endswith("-none-any.whl")]:
        sys.exit(f"expected wheels for every machine, found {', '.join(machine)}")
    return names


if __name__ == "__main__":
    build(Path(sys.argv[1]))
