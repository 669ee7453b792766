"""URLs of sinks: their parts, and messages that show no secret."""

from __future__ import annotations

import pytest

from hanparse import sinks
from hanparse.sinks.target import Target, parse


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("-", Target("jsonl", path="-")),
        ("file:///x/y.jsonl", Target("jsonl", path="/x/y.jsonl")),
        ("jsonl:y%20z.jsonl", Target("jsonl", path="y z.jsonl")),
        ("sqlite:///x.db", Target("sqlite", path="/x.db")),
        ("sqlite:x.db", Target("sqlite", path="x.db")),
        ("influx+file:-", Target("influx+file", path="-")),
        ("influx+udp://h:8089", Target("influx+udp", "h", 8089)),
        ("prometheus://[::1]:9101", Target("prometheus", "::1", 9101)),
        ("mqtt://host", Target("mqtt", "host")),
        ("mqtts://me:p%40ss@host:8884/a/b?flat=1", Target("mqtts", "host", 8884, "me", "p@ss", "a/b", "flat=1")),
        ("mqtt://h/m%C3%A5ler", Target("mqtt", "h", path="måler")),
        ("influx+http://h/a%20b", Target("influx+http", "h", path="a%20b")),  # a part of the request, with its codes
        ("influx+http://h:8086/write?db=x", Target("influx+http", "h", 8086, path="write", query="db=x")),
    ],
)
def test_a_url_has_these_parts(url: str, expected: Target) -> None:
    assert parse(url) == expected


@pytest.mark.parametrize("url", ["mqtt://me:secret@host:1883/x?y=secret", "influx+http://host/write?token=secret"])
def test_a_target_is_shown_without_user_password_and_query(url: str) -> None:
    assert parse(url).shown in ("mqtt://host:1883", "influx+http://host")
    assert "secret" not in repr(parse(url))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "found no scheme"),
        ("meter.db", "found no scheme"),
        ("http://me:secret@host", "found the scheme 'http'"),
        ("sqlite:", "expected a path after sqlite:"),
        ("mqtt:", "expected mqtt://host or host:port"),
        ("mqtt://me:secret@:1883", "expected mqtt://host or host:port"),
        ("mqtt://me:sec/ret@host", "expected no @ behind the first /"),
        ("prometheus://127.0.0.1", "expected prometheus://host:port"),
        ("prometheus://127.0.0.1:99999", "expected prometheus://host:port"),
        ("influx+http://me:secret@ho\u2100st:80/x", "expected influx"),  # the error of urllib contains the URL
        ("influx+http://me:secret@[host:80/x", "expected influx"),
        ("mqtt://host/+/x", "expected a topic without"),
        ("mqtt://host/%23", "expected a topic without"),
        ("sqlite:x.db?mode=secret", "expected a path without options after sqlite:"),
        ("mqtt://host/x?discovery=%23", "expected a topic without"),
    ],
)
def test_a_url_that_no_sink_takes_is_a_value_error_without_its_secrets(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        sinks.open(url, print)
    assert "secret" not in str(caught.value)
    assert "ret@" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [("mqtt://x", "aiomqtt", "mqtt"), ("prometheus://x:1", "prometheus_client", "prometheus")],
)
def test_a_missing_package_is_an_error_that_names_its_extra(
    url: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "find_spec", lambda name: None if name == module else name)
    with pytest.raises(ImportError, match=rf'pip install "hanparse\[{extra}\]"'):
        sinks.open(url, print)
