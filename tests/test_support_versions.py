from __future__ import annotations

import sys

import crcmod
import pytest

import hanparse
from hanparse.support.versions import version


def test_the_version_of_a_package_is_what_its_metadata_says() -> None:
    assert version("hanparse") == hanparse.__version__
    assert crcmod
    assert version("crcmod")[0].isdigit()


def test_where_there_is_no_metadata_the_version_is_said_to_be_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    assert version("crcmod") == "(version unknown)"
    assert version("no-such-package") == "(version unknown)"
