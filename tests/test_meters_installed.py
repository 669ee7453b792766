"""Profiles of other packages are found by their entry points, and a broken package does no harm."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hanparse.meters import PROFILES
from hanparse.meters.installed import installed_profiles

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES = """[hanparse.profiles]
one = {module}:ONE
several = {module}:SEVERAL
text = {module}:TEXT
missing = {module}:MISSING
unknown = no_such_module_of_hanparse:ONE
"""
MODULE = """from dataclasses import replace
from hanparse.meters import PROFILES
ONE = replace(PROFILES[0])
SEVERAL = [replace(PROFILES[1]), replace(PROFILES[2])]
TEXT = "no profile"
"""


def package(path: Path, module: str) -> None:
    """Install a package that has two good entry points and three bad ones."""
    (path / f"{module}.py").write_text(MODULE, "utf-8")
    metadata = path / f"{module}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", "utf-8")
    (metadata / "entry_points.txt").write_text(ENTRIES.format(module=module), "utf-8")


def test_profiles_of_installed_packages_follow_those_of_hanparse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path, "acme_profiles")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.warns(RuntimeWarning, match="left out") as warnings:
        found = installed_profiles()
    assert found[: len(PROFILES)] == PROFILES
    assert len(found) == len(PROFILES) + 3
    shown = sorted(str(each.message) for each in warnings)
    assert "AttributeError" in shown[0]
    assert "expected a Profile, or a list that contains only profiles, found str" in shown[1]
    assert "ModuleNotFoundError" in shown[2]


def test_without_such_packages_they_are_those_of_hanparse() -> None:
    assert installed_profiles() == PROFILES


def test_neither_an_import_nor_a_decode_loads_them(tmp_path: Path) -> None:
    package(tmp_path, "acme_profiles")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import hanparse; hanparse.Decoder().feed(b'~')\n"
        "print('acme_profiles' in sys.modules, len(hanparse.installed_profiles()), 'acme_profiles' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", str(len(PROFILES) + 3), "True"]
