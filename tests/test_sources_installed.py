"""Transports of other packages are found by their entry points, once a URL has their scheme."""

from __future__ import annotations

import asyncio
import sys
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from hanparse import Decoder, sources
from hanparse.simulate import simulate
from hanparse.sources.address import parse

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES = """[hanparse.sources]
ws = transport_of_a_test:receive
broken = transport_of_a_test:missing
"""
MODULE = """from itertools import islice
from hanparse.simulate import simulate
from hanparse.sources import Piece
URLS = []
async def receive(url):
    URLS.append(url)
    for push in islice(simulate("kamstrup"), 3):
        yield Piece(push.data, "one", is_message=True)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package with one good and one bad entry point."""
    (tmp_path / "transport_of_a_test.py").write_text(MODULE, "utf-8")
    metadata = tmp_path / "transport_of_a_test-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: transport_of_a_test\nVersion: 1.0\n", "utf-8")
    (metadata / "entry_points.txt").write_text(ENTRIES, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "transport_of_a_test", raising=False)


@pytest.mark.usefixtures("package")
def test_the_transport_of_a_package_opens_its_scheme() -> None:
    async def main() -> None:
        async with sources.open("ws://me:secret@host/x?key=secret") as source:
            found = [await anext(source) for _ in range(3)]
            assert source.channel == "one"
        expected = Decoder().feed(b"".join(push.data for push in islice(simulate("kamstrup"), 3)))
        assert [one.timestamp for one in found] == [one.timestamp for one in expected]

    asyncio.run(main())
    assert sys.modules["transport_of_a_test"].URLS == ["ws://me:secret@host/x?key=secret"]


@pytest.mark.usefixtures("package")
def test_the_package_is_imported_only_for_its_scheme() -> None:
    assert "secret" not in repr(parse("ws://me:secret@host/x?key=secret"))
    sources.open("tcp://host:1")
    assert "transport_of_a_test" not in sys.modules


@pytest.mark.usefixtures("package")
def test_the_error_for_an_unknown_scheme_names_those_of_packages() -> None:
    with pytest.raises(ValueError, match=r"serial, tcp, .*, file, broken, ws; found the scheme 'http'"):
        sources.open("http://host")


@pytest.mark.usefixtures("package")
def test_a_package_that_cannot_be_loaded_is_named() -> None:
    with pytest.raises(ImportError, match="expected a transport for 'broken' in an installed package, found Attr"):
        sources.open("broken://host")
