"""A script of tools or examples -> the module that it is."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parent.parent


def script(path: str) -> ModuleType:
    """The script at `path`, from the top of the repository."""
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(name, ROOT / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look for their module
    if (folder := str(ROOT / Path(path).parent)) not in sys.path:
        sys.path.append(folder)  # a tool may import another one
    spec.loader.exec_module(module)
    return module
