"""To import hanparse, or any module of it, changes nothing in the program that does."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from framefiles import ALL
from scripts import ROOT

import hanparse

if TYPE_CHECKING:
    from collections.abc import Callable

MODULES = ["hanparse", *(module.name for module in pkgutil.walk_packages(hanparse.__path__, "hanparse."))]
LAUNCHED = "hanparse.__main__"  # it is the command

NEEDS = {"hanparse.archive": "pyarrow", "hanparse.cli.watch.app": "textual"}
"""The packages that the modules of an extra import at the top."""

PROGRAM = """
import contextlib
with contextlib.suppress(ImportError):  # what these change is not hanparse's doing
    import numpy, pyarrow
import locale, logging, os, signal, sys, threading, warnings
opened = []
def audit(event, arguments):
    is_written = event == "open" and arguments[1] and set(arguments[1]) & set("wax+")
    if is_written or event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "shutil.")):
        opened.append((event, arguments))
sys.addaudithook(audit)
def state():
    return [
        threading.active_count(), [*logging.root.handlers], logging.root.level, logging.raiseExceptions,
        [name for name, one in logging.root.manager.loggerDict.items() if getattr(one, "handlers", None)],
        locale.setlocale(locale.LC_ALL), [*warnings.filters], dict(os.environ), os.getcwd(), [*sys.path],
        [signal.getsignal(number) for number in sorted(signal.valid_signals())],
        sys.excepthook, sys.displayhook, sys.getrecursionlimit(), sys.stdout, sys.stderr, sys.get_int_max_str_digits(),
    ]
before = state()
for name in sys.argv[1:]:
    __import__(name)
changed = [pair for pair in zip(before, state()) if pair[0] != pair[1]]
assert not changed, changed
assert not opened, opened
"""


def test_to_import_every_module_changes_nothing_and_prints_nothing() -> None:
    missing = tuple(module for module, needed in NEEDS.items() if not find_spec(needed))
    names = [name for name in MODULES if name != LAUNCHED and not name.startswith(missing)]
    assert len(names) > 50
    command = [sys.executable, "-B", "-W", "error", "-c", PROGRAM, *names]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


DECODES = """
import sys
from hanparse import Decoder
decoder = Decoder()
loaded = {*sys.modules}
for frame in map(bytes.fromhex, sys.argv[1:]):
    for measurement in decoder.feed(frame * 2) + decoder.flush():
        measurement.registers, measurement.to_dict(), str(measurement)
imported = {*sys.modules} - loaded
assert not imported, imported
"""


def test_a_decoder_that_exists_imports_nothing_more() -> None:
    frames = [file.data.hex() for file in ALL]
    command = [sys.executable, "-B", "-c", DECODES, *frames]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_decoder_loads_nothing_that_reads_texts_or_explains_bytes() -> None:
    code = "import sys, hanparse; hanparse.Decoder(); print(*sys.modules)"
    result = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=True)
    unneeded = ("hexdump", "pasted", "annotate", "support", "energy", "cli", "sources", "sinks", "archive")
    assert not {f"hanparse.{name}" for name in unneeded} & {*result.stdout.split()}


def test_the_names_of_the_package_are_its_public_names() -> None:
    assert dir(hanparse) == hanparse.__all__
    assert all(getattr(hanparse, name) for name in hanparse.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'FuseGuard'"):
        hanparse.FuseGuard  # type: ignore[attr-defined]  # noqa: B018


def test_the_version_is_that_of_the_project() -> None:
    assert hanparse.__version__ == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def test_no_signature_is_longer_than_a_screen() -> None:
    public = [getattr(hanparse, name) for name in hanparse.__all__]
    of_data = (hanparse.Measurement, hanparse.Profile, hanparse.Stats)  # their fields, which are their arguments
    long = [one for one in public if callable(one) and one not in of_data and len(_signature(one)) > 400]
    assert long == []
    assert " = PROFILES" in _signature(hanparse.Decoder)


def _signature(public: Callable[..., object]) -> str:
    try:
        return str(inspect.signature(public))
    except ValueError:  # of a built-in exception
        return ""
