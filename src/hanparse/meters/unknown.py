"""A sound push that no profile reads -> `UnknownMeterError` with its report: what was understood, no meter named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hanparse.errors import UnknownMeterError
from hanparse.meters import shapes, values
from hanparse.wire.ids import TELLING_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanparse.axdr.data import Data
    from hanparse.cosem import DataNotification
    from hanparse.meters.shapes import Item
    from hanparse.wire.link import Link

_TELLING_NUMBER: Final = 10 ** (TELLING_DIGITS - 1)
_MAX_ROWS: Final = 200


def unknown_meter(
    notification: DataNotification, named: list[Item] | None, list_id: str | None, link: Link | None
) -> UnknownMeterError:
    """The error, with its report."""
    count = len(shapes.elements(notification.body))
    body = f"{notification.body.tag} of {count} elements" if count else f"no elements in a {notification.body.tag}"
    identifier = f"list identifier {_mask(list_id)!r}" if list_id else "no list identifier"
    message = (
        f"no profile reads this list: {body}, {identifier}; "
        "the report of this error says what was understood and is made to be pasted into an issue"
    )
    return UnknownMeterError(message, report="\n".join(_lines(notification, named, identifier, link)))


def unknown_telegram(items: list[Item], flag: str) -> UnknownMeterError:
    """The error for a P1 telegram in which no number is known, with its report."""
    message = (
        f"no line of this P1 telegram is a number of a meter: {len(items)} lines, maker {flag}; "
        "the report of this error says what was understood and is made to be pasted into an issue"
    )
    lines = ("### A P1 telegram that hanparse does not read", "", f"* maker: {flag}", "", *_table(items))
    return UnknownMeterError(message, report="\n".join(lines))


def _lines(
    notification: DataNotification, named: list[Item] | None, identifier: str, link: Link | None
) -> Iterable[str]:
    yield "### A list that hanparse does not read"
    yield ""
    if link:
        yield f"* HDLC: destination {link.destination}, source {link.source}, control {link.control:02X}"
    date_time = "absent" if notification.date_time is None else str(tuple(notification.date_time))
    yield f"* data-notification: invoke id {notification.long_invoke_id_and_priority:08X}, date-time {date_time}"
    items = named if named is not None else [shapes.Item(None, data) for data in shapes.elements(notification.body)]
    yield f"* body: {notification.body.tag} of {len(shapes.elements(notification.body))}, {identifier}"
    yield ""
    yield from _table(items)


def _table(items: list[Item]) -> Iterable[str]:
    yield "| # | OBIS | meaning | type | value | scaler | unit |"
    yield "|---|---|---|---|---|---|---|"
    for position, item in enumerate(items[:_MAX_ROWS], 1):
        yield _row(position, item)
    if len(items) > _MAX_ROWS:
        yield f"| … | | {len(items) - _MAX_ROWS} more | | | | |"


def _row(position: int, item: Item) -> str:
    entry = item.entry
    cells = (
        position,
        item.obis or "",
        entry.description if entry else "",
        _type(item.data),
        _shown(item.data),
        "" if item.scaler is None else item.scaler,
        item.unit or "",
    )
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _type(data: Data) -> str:
    parts = shapes.elements(data)
    if parts:
        return f"{data.tag} [{', '.join(_type(part) for part in parts[:8])}{', …' if len(parts) > 8 else ''}]"  # noqa: PLR2004
    size = f"({len(data.value)})" if isinstance(data.value, bytes | str) else ""
    return f"{data.tag}{size}"


def _shown(data: Data) -> str:
    """The value, unless it may tell whose meter this is."""
    text, number = values.text(data), values.number(data)
    if text is not None:
        return _mask(text).replace("|", "\\|").replace("`", "'")
    if number is not None:
        return str(number) if abs(number) < _TELLING_NUMBER else "x" * len(str(number))
    return ""


def _mask(text: str) -> str:
    """The text, its digits replaced where there are so many that it may be an id."""
    return re.sub(r"\d", "x", text) if sum(map(str.isdigit, text)) >= TELLING_DIGITS else text
