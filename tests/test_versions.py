from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import hanparse
from hanparse.versions import version

if TYPE_CHECKING:
    import pytest


def test_the_version_of_a_package_is_what_its_metadata_says() -> None:
    assert version("hanparse") == hanparse.__version__


def test_where_there_is_no_metadata_the_version_is_said_to_be_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    assert version("crcmod") == "(version unknown)"
    assert version("no-such-package") == "(version unknown)"
