"""What tests ask of an `Explanation`: its leaves, errors, frames and fields; and what holds for any bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from framefiles import named

from hanparse.annotate.explain import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.annotate.tree import Explanation

LIST_1 = named("kaifa/list1-no").data
LIST_2 = named("kaifa/list2-ma304h3e-it").data
AIDON = named("aidon/list1-no").data


def parts(node: Explanation) -> Iterator[Explanation]:
    """The node and all that it holds."""
    yield node
    for child in node.children:
        yield from parts(child)


def leaves(data: bytes, **options: Any) -> list[tuple[int, bytes, str, str]]:  # noqa: ANN401  as explain takes them
    return [(leaf.offset, leaf.raw, leaf.label, leaf.value) for leaf in explain(data, **options).leaves]


def errors(data: bytes) -> list[tuple[int, str]]:
    """Place and text of what is wrong."""
    return [(leaf.offset, leaf.error) for leaf in explain(data).leaves if leaf.error]


def frames(explanation: Explanation) -> list[Explanation]:
    return [child for child in explanation.children if child.layer == "hdlc"]


def fields(frame: Explanation) -> dict[str, str]:
    """The fields of a measurement that values became, and what is said of them."""
    found: dict[str, str] = {}
    for leaf in frame.leaves:
        said, arrow, names = leaf.value.rpartition(" -> ")
        if arrow and " None" not in names:
            found |= dict.fromkeys(names.split(", "), said)
    return found


def check(data: bytes) -> Explanation:
    """What holds for any bytes."""
    explanation = explain(data)
    found = list(explanation.leaves)
    assert sum(leaf.length for leaf in found) == len(data)
    assert b"".join(leaf.raw for leaf in found) == data
    for node in parts(explanation):
        assert node.raw == data[node.offset : node.offset + node.length]
        assert not node.children or b"".join(child.raw for child in node.children) == node.raw
    return explanation


def segments_joined(explanation: Explanation) -> list[dict[str, str]]:
    """The fields of each push, which may come in several frames."""
    pushes: list[dict[str, str]] = []
    for frame in frames(explanation):
        later = re.match(r"segment (\d+) of", frame.value)
        if later and later[1] != "1":
            pushes[-1] |= fields(frame)
        else:
            pushes.append(fields(frame))
    return pushes


def apdu(body: str, date_time: str = "00") -> bytes:
    return bytes.fromhex(f"0F 80000007 {date_time} {body}")
