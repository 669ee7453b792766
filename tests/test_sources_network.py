"""What the URLs of sources and sinks share: the place of a password, the host, and percent codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweeps import cases

from hanparse import sinks, sources
from hanparse.sinks import target
from hanparse.sources import address
from hanparse.sources.network import Network, file_path, host_text, network

if TYPE_CHECKING:
    from collections.abc import Callable

PARSERS: dict[str, Callable[[str], address.Address | target.Target]] = {
    "mqtt://{}host/t": address.parse,
    "mqtts:{}host:1/t": address.parse,
    "tcp://{}host:1": address.parse,
    "socket://{}host:1": address.parse,
    "esphome://{}host/?key=k": address.parse,
    "mqtt:{}host": target.parse,
    "mqtts://{}host/t?flat=1": target.parse,
    "influx+http://{}host:1/write": target.parse,
    "influx+udp://{}host:1": target.parse,
    "prometheus://{}host:1": target.parse,
}
HOSTS = [*((name, "expected a host name with 1 to 63") for name in ("a..b", ".a", 64 * "a", "a\0b"))]
HOSTS += [(text, "expected .*; found another form") for text in ("ho#st", "[::1", "")]


@pytest.mark.parametrize("form", PARSERS)
@given(password=st.text(st.sampled_from("12/?#@:%[]"), min_size=1))
@settings(max_examples=cases(50))
def test_no_part_of_a_password_becomes_the_host(form: str, password: str) -> None:
    try:
        found = PARSERS[form](form.format(f"user:{password}@"))
    except ValueError as error:
        assert "/" in password or "?" in password
        assert "%2F for / and %3F for ?" in str(error)
    else:
        assert found.host == "host"
        assert not {"/", "?"} & {*password}
        assert "user" not in found.shown


@pytest.mark.parametrize("form", PARSERS)
@pytest.mark.parametrize(("host", "message"), HOSTS)
def test_a_host_that_cannot_exist_is_a_value_error(form: str, host: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PARSERS[form](form.replace("host", host).format("me:pw@"))


def test_a_longest_label_and_a_name_with_other_letters_are_hosts() -> None:
    for host in (63 * "a", "måler.example", "a.b.", "::1"):
        assert network(f"//{host_text(host)}:1", "").host == host


def test_user_and_password_have_percent_codes() -> None:
    expected = Network("h", None, "me@home", "p:w/?", "/a%20b?c")
    assert network("//me%40home:p%3Aw%2F%3F@h/a%20b?c", "") == expected
    assert "p:w" not in repr(expected)
    assert "a%20b" not in repr(expected)


def test_sources_and_sinks_read_the_same_path_in_a_url() -> None:
    url = "file:///x/m%C3%A5ler%20%25.bin"
    assert address.parse(url).target == target.parse(url).path == file_path("file", url[5:]) == "/x/måler %.bin"


def test_an_at_behind_the_host_needs_its_percent_code() -> None:
    for opened in (lambda: sources.open("mqtt://me:pw@host/t@x"), lambda: sinks.open("mqtt://host/t@x", print)):
        with pytest.raises(ValueError, match="%40 for an @ behind the host"):
            opened()
    assert address.parse("mqtt://me:pw@host/t%40x").topic == target.parse("mqtt://host/t%40x").path == "t@x"
