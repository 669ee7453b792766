"""Install hanparse and the other libraries in an environment, and compare their speed and memory there.

    python benchmarks/speed.py            everything, some five minutes; writes docs/speed.md and docs/plots/speed.svg
    python benchmarks/speed.py --short    amshan alone, within a minute; fails when a ratio is below half of its goal

Needs Linux or macOS, a package index, and a C compiler for the fast crcmod. ``--environment FOLDER`` keeps the
installed packages for the next run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROOT: Final = Path(__file__).parents[1]
AMSHAN: Final = "amshan==2.1.1"
PYDLMS: Final = "pydlms-client==0.1.0"
PEERS: Final = (AMSHAN, "dlms-cosem", "gurux-dlms", PYDLMS)
PLOTTING: Final = "matplotlib>=3.10"


def install(folder: Path, requirements: list[str]) -> Path:
    """Install these requirements and hanparse from this checkout in `folder`. Return the Python of the environment."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *requirements, str(ROOT)], check=True)  # noqa: S603  the requirements are those above
    subprocess.run([*pip, "--force-reinstall", "--no-deps", str(ROOT)], check=True)  # noqa: S603  it may have changed
    return python


def main() -> int:
    """Install, compare, and return the exit status of the comparison."""
    parser = argparse.ArgumentParser(description="hanparse and its peers: how fast, and how much memory")
    parser.add_argument("--short", action="store_true", help="amshan alone; fail below half of the goals")
    parser.add_argument("--environment", type=Path, metavar="FOLDER", help="install here, not in a temporary folder")
    options = parser.parse_args()
    requirements = [AMSHAN] if options.short else [*PEERS, PLOTTING]
    with TemporaryDirectory() as temporary:
        python = install(options.environment or Path(temporary), requirements)
        compare = [str(python), str(ROOT / "benchmarks" / "compare.py"), *["--short"] * options.short]
        return subprocess.run(compare, check=False).returncode  # noqa: S603  our own script


if __name__ == "__main__":
    sys.exit(main())
