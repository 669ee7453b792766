"""What holds for every test: a slow machine is no failure, and the commands that tests start can be interrupted."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import tempfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sweeps import cases

if TYPE_CHECKING:
    from collections.abc import Generator

settings.register_profile("hanparse", deadline=None, max_examples=cases(30))
settings.register_profile("few", deadline=None, max_examples=20)
settings.load_profile("hanparse")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts a background job like this, and the commands that tests start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    # Without bytecode, each command that a test starts would compile the whole package again.
    os.environ["PYTHONPYCACHEPREFIX"] = tempfile.mkdtemp(prefix="hanparse-tests-")
    atexit.register(shutil.rmtree, os.environ["PYTHONPYCACHEPREFIX"], ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than the machine has cores: many tests wait for programs and servers that they start."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Exclude the collected tests from garbage collection.

    They live until the end, and each garbage collection during a test would visit all of them. That takes an eighth of
    the time of a run.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
