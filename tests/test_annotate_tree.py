"""How an `Explanation` is shown: as text, as a dict, in a notebook."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import streams
from explained import AIDON, LIST_1, apdu
from framefiles import ALL, named
from hypothesis import given
from hypothesis import strategies as st
from wire import seeded

from hanparse.annotate.explain import explain

if TYPE_CHECKING:
    from hanparse.annotate.tree import Explanation


@given(st.binary(max_size=64))
def test_the_text_shows_every_byte_once_and_in_order(data: bytes) -> None:
    rows = re.findall(r"^[ !][0-9A-F ]{4}  ((?:[0-9A-F]{2} ?){1,8})(?: |$)", str(explain(data)), re.MULTILINE)
    assert bytes.fromhex("".join(rows)) == data


def test_the_text_of_a_frame_shows_every_byte_once_and_fits_100_columns() -> None:
    for file in ALL:
        lines = str(explain(file.data)).split("\n")
        assert max(map(len, lines)) <= 100
        rows = re.findall(r"^[ !][0-9A-F ]{4}  ((?:[0-9A-F]{2} ?){1,8})(?: |$)", "\n".join(lines), re.MULTILINE)
        assert bytes.fromhex("".join(rows)) == file.data


def test_an_element_that_goes_on_in_the_next_segment_stands_in_both_frames() -> None:
    segments, _ = streams.segments(seeded(5), numbered=True)
    text = str(explain(b"".join(segment.data for segment in segments)))
    assert " continues in the next part" in text
    assert re.search(r"^ \w{4} {27}data-notification\n {32}\(continued\)$", text, re.MULTILINE)


def test_the_text_begins_with_a_line_for_each_frame_and_marks_errors_in_the_first_column() -> None:
    text = str(explain(LIST_1 + named("refused/wrong-fcs").data)).split("\n")
    assert text[0] == "  164 bytes: 2 frames, 1 damaged"
    assert text[1] == "  frame 1 at 0000, 41 bytes: Kaifa, 2019-02-04T23:52:22+01:00, 5852 W import"
    assert text[2].startswith("! frame 2 at 0029, 123 bytes: FCS 0000 does not fit")
    marked = [line for line in text[4:] if line.startswith("!")]
    assert marked[0].startswith("!00A1  00 00 ")
    assert marked[1].lstrip("! ").startswith("FCS 0000 does not fit the 119 bytes before it")


def test_the_text_of_a_long_part_counts_the_bytes_that_it_leaves_out() -> None:
    text = str(explain(b"\xff" * 1000))
    assert "and 744 bytes more" in text
    assert len(text.split("\n")) < 50


def test_a_part_can_be_printed_by_itself() -> None:
    (frame,) = explain(AIDON).children
    assert str(frame.children[6]).split("\n") == [
        "  3 bytes: response, from the meter",
        "",
        " 0009  E6 E7 00                 LLC  response, from the meter",
    ]
    assert repr(frame.children[6]) == "<Explanation of 3 bytes at 9, LLC: response, from the meter>"


def test_the_dict_is_the_tree_and_survives_json() -> None:
    for file in ALL:
        explanation = explain(file.data)

        def same(node: Explanation, told: dict[str, Any]) -> None:
            assert list(told) == ["offset", "length", "layer", "label", "raw", "value", "error", "children"]
            assert bytes.fromhex(told["raw"]) == node.raw
            assert [told[name] for name in ("offset", "length", "layer", "label", "value", "error")] == [
                *(node.offset, node.length, node.layer, node.label, node.value, node.error)
            ]
            for child, part in zip(node.children, told["children"], strict=True):
                same(child, part)

        same(explanation, json.loads(json.dumps(explanation.to_dict())))


class Page(HTMLParser):
    """Every tag is closed in turn; the text and the tags that were met."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_notebook_shows_a_table_that_folds_with_all_that_the_tree_says() -> None:
    for file in ALL:
        explanation = explain(file.data)
        page = Page(explanation._repr_html_())
        assert page.tags <= {
            "div",
            "span",
            "details",
            "summary",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "br",
            "b",
            "style",
        }
        assert {"details", "table"} <= page.tags
        for leaf in explanation.leaves:
            assert leaf.label in page.text
            assert leaf.value in page.text
            assert leaf.error in page.text


def test_the_notebook_escapes_what_a_meter_sends() -> None:
    text = b"<script>alert('&')</script>"
    body = b"\x02\x01\x0a" + bytes([len(text)]) + text
    html = explain(apdu("") + body)._repr_html_()
    assert "script" not in Page(html).tags
    assert "<script>" in Page(html).text


def test_the_notebook_keeps_the_colours_of_its_theme() -> None:
    html = explain(named("refused/wrong-fcs").data)._repr_html_()
    assert set(re.findall(r"(?<![\w-])color: ([^;\"]+)", html)) == {"inherit"}
    assert set(re.findall(r"background: (\w+)", html)) == {"transparent", "rgba"}
