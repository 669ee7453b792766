"""Creates the `UnknownMeterError` for a push that no profile reads. The error's report does not identify the meter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hanparse.errors import UnknownMeterError
from hanparse.meters import shapes, values
from hanparse.wire import ids
from hanparse.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanparse.axdr.data import Data
    from hanparse.cosem import DataNotification
    from hanparse.meters.shapes import Item
    from hanparse.wire.link import Link

_IDENTIFYING_NUMBER: Final = 10 ** (ids.IDENTIFYING_DIGITS - 1)
_NO_BILLING_PERIOD: Final = 255  # group F of a code without a billing period
# No _ at the end of a word, because Markdown interprets it there
_HARMLESS: Final = re.compile(r"(?:[^\W_]|(?<=[^\W_])_(?=[^\W_])|[ .,:;+()%°'\"/=…-])*")
_LINK: Final = re.compile(r"www\.|//", re.IGNORECASE)
_HEX: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]*[A-Fa-f][0-9A-Fa-f]*(?![0-9A-Za-z])")  # at least one letter
_MAX_ROWS: Final = 200


def unknown_meter(
    notification: DataNotification, named: list[Item] | None, list_id: str | None, link: Link | None
) -> UnknownMeterError:
    """Return the error for a data-notification that no profile reads."""
    count = len(shapes.elements(notification.body))
    tag = notification.body.tag
    body = f"{tag} of {counted(count, 'element')}" if count else f"{tag} in place of a list"
    masked = _mask(list_id) if list_id else ""
    identifier = f"list identifier {masked!r}" if list_id else "no list identifier"
    in_report = f"list identifier {escaped(repr(masked))}" if list_id else identifier
    message = (
        f"no profile reads this list: {body}, {identifier}; "
        "paste the `report` of this error into an issue: the report lists the elements and does not identify the meter"
    )
    return UnknownMeterError(message, report="\n".join(_lines(notification, named, in_report, link)))


def unknown_telegram(items: list[Item], flag: str) -> UnknownMeterError:
    """Return the error for a P1 telegram without a number that fills a field."""
    message = (
        f"no line of this P1 telegram contains a number that fills a field: {len(items)} lines, maker {flag}; "
        "paste the `report` of this error into an issue: the report lists the elements and does not identify the meter"
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
        _code(item),
        entry.description if entry else "",
        _type(item.data),
        _shown(item),
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


def _code(item: Item) -> str:
    """Return the code as text. Return "six octets" for a code that can be a part of a meter number.

    Six octets are read as a code if the registry contains the code, or if group F is 255, as in most lists.
    """
    if item.obis is None:
        return ""
    is_code = item.entry is not None or item.obis.f == _NO_BILLING_PERIOD
    return str(item.obis) if is_code else "six octets"


def _shown(item: Item) -> str:
    """Return a text or a number as text, and an empty text for other data.

    If the value can identify the meter, the letter x replaces its characters or its digits (see `_mask`).
    """
    text, number = values.text(item.data), values.number(item.data)
    if text is not None:
        is_packed = isinstance(item.data.value, bytes) and ids.is_packed(item.data.value)
        return escaped("x" * len(text) if item.is_id or is_packed else _mask(text))
    if number is not None:
        is_identifying = item.is_id or abs(number) >= _IDENTIFYING_NUMBER
        return "x" * len(str(number)) if is_identifying else str(number)
    return ""


def _mask(text: str) -> str:
    """Return the text. If it can be a meter number, the letter x replaces its digits, or its letters and digits."""
    if not ids.is_number(text.encode("utf-8", "surrogateescape")):
        return text
    has_digits = sum(map(str.isdigit, text)) >= ids.IDENTIFYING_DIGITS
    return re.sub(r"\d", "x", text) if has_digits and not _HEX.search(text) else re.sub(r"\w", "x", text)


def escaped(text: str) -> str:
    """Return the text for a table in Markdown. Text with characters that Markdown interprets becomes inline code.

    In Markdown, the result is never a link, a mention, HTML, a heading, a further table cell or a further line.
    """
    line = " ".join(text.split())
    if _HARMLESS.fullmatch(line) and not _LINK.search(line):
        return line
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    blank = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{blank}{line}{blank}{fence}".replace("|", "\\|")
