"""The map of bytes of an explanation: every byte is in it once, and each part has the class of its row."""

from __future__ import annotations

import re
from typing import Final

from framefiles import ALL, named

from hanparse import Explanation, explain
from hanparse.annotate import bytemap

_SPAN: Final = re.compile(r'<span class="(n\d+) (\w+)" tabindex="0" title="([^"]*)">([0-9A-F ]*)</span>')
_ROW: Final = re.compile(r'<tr class="(n\d+)" tabindex="0"><td>([0-9A-F]+)</td><td class="raw">(.*?)</td>')
_SMALL: Final = [file for file in ALL if len(file.data) < 700]


def maps(html: str) -> list[str]:
    return html.split("<details")[1:]


def test_the_maps_contain_every_byte_once_and_in_order() -> None:
    for file in _SMALL:
        found = _SPAN.findall(bytemap.html(explain(file.data)))
        assert bytes.fromhex(" ".join(raw for *_, raw in found)) == file.data


def test_the_bytes_of_a_part_and_its_row_have_the_same_class() -> None:
    for part in maps(bytemap.html(explain(named("kaifa/list2-ma304h3e-it").data * 2))):
        in_map = {name: raw for name, _, _, raw in _SPAN.findall(part)}
        in_rows = {name: raw.replace("<br>", " ") for name, _, raw in _ROW.findall(part)}
        assert in_map
        assert in_map == in_rows


def test_a_part_that_becomes_a_field_and_a_damaged_part_have_colours_of_their_own() -> None:
    data = named("kaifa/list2-ma304h3e-it").data
    kinds = {raw: kind for _, kind, _, raw in _SPAN.findall(bytemap.html(explain(data[:-2] + b"\0\x7e")))}
    assert [kind for raw, kind in kinds.items() if raw.endswith("00") and len(raw) == 5] == ["error"]
    assert "field" not in kinds.values()
    sound = {text: kind for _, kind, text, _ in _SPAN.findall(bytemap.html(explain(data)))}
    assert {kind for text, kind in sound.items() if "-&gt; " in text} == {"field"}
    assert {"hdlc", "llc", "apdu", "axdr"} <= set(sound.values())


def test_the_html_has_no_style_and_no_script_of_its_own_and_the_style_sheet_names_each_class() -> None:
    html = bytemap.html(explain(named("kaifa/list2-ma304h3e-it").data))
    assert "style" not in html
    assert "script" not in html
    classes = {name for names in re.findall(r'class="([^"]+)"', html) for name in names.split()}
    sheet = bytemap.css(bytemap.MAX_PARTS)
    assert {name for name in classes if f".{name}" not in sheet} == set()


def test_the_style_sheet_of_a_notebook_marks_the_parts_of_the_longest_frame_and_no_more() -> None:
    shown = explain(named("kaifa/list2-ma304h3e-it").data)._repr_html_()
    sheet = shown.partition("</style>")[0]
    assert max(int(n) for n in re.findall(r"\.n(\d+)\b", sheet)) == max(
        int(n) for n in re.findall(r'<tr class="n(\d+)"', shown)
    )
    many = Explanation.of("apdu", "list", tuple(Explanation(n, "axdr", f"value {n}", b"\0") for n in range(2000)))
    assert f".n{bytemap.MAX_PARTS}:" not in many._repr_html_()


def test_a_text_in_a_tooltip_cannot_end_its_attribute() -> None:
    html = bytemap.html(Explanation(0, "axdr", '"><script>', b"\1", "'<b>"))
    assert "<script>" not in html
    assert 'title="&quot;&gt;&lt;script&gt;: &#x27;&lt;b&gt;"' in html


def test_a_long_part_shows_256_bytes_in_the_map() -> None:
    html = bytemap.html(Explanation(0, "stream", "passed over", bytes(1000)))
    assert f"{'00 ' * 256}…</span>" in html
