"""The check sequence where crcmod cannot use its C extension."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hanparse.wire import crc

PROGRAM = """
import sys
from importlib.machinery import ModuleSpec

class Extension:  # what an import finds where an extension stands that was built for another Python, or none
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name == "crcmod._crcfunext" else None
    def create_module(self, spec):
        raise {error}
    def exec_module(self, module):
        pass

sys.meta_path.insert(0, Extension())
from {module} import HAS_EXTENSION, x25, frame_register, mirrored_x25, mirrored_register
assert HAS_EXTENSION is False
assert (x25, frame_register) == (mirrored_x25, mirrored_register)
assert x25(b"123456789") == 0x906E
"""


@pytest.mark.parametrize("error", ["ImportError('wrong ELF class')", "ModuleNotFoundError('none')"])
def test_an_extension_that_is_there_and_does_not_load_is_none(error: str) -> None:
    program = PROGRAM.format(error=error, module=crc.__name__)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_an_extension_that_loads_is_used() -> None:
    pytest.importorskip("crcmod._crcfunext")
    assert crc.HAS_EXTENSION
    assert crc.x25 is not crc.mirrored_x25
