"""Decodes and explains an input for the decoder page. The answer is a dictionary that JSON can represent.

The page calls these functions in Pyodide. The functions need no browser: ``answer("7EA027...")`` works in any Python.
"""

from __future__ import annotations

import json
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from ciphers import WebCrypto
from plot import plot

import hanparse
from hanparse.annotate import bytemap
from hanparse.annotate.spans import CARRIERS
from hanparse.cli.console import chunks
from hanparse.cli.pieces import Pieces
from hanparse.cli.verdict import findings
from hanparse.hdlc import BUFFER_LIMIT
from hanparse.pasted import dumped
from hanparse.receiver import walk
from hanparse.wording import pip_install

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanparse import HanParseError, Measurement
    from hanparse.wire.buffer import Buffer

    Progress = Callable[[int, int], object]

CHUNK: Final = 1 << 16
"""The number of bytes between two calls of `progress`."""
SHOWN: Final = 100
"""The maximum number of pushes whose values the page shows. The plot shows all pushes."""
EXPLAINED: Final = 1 << 14
"""The maximum number of bytes that the page explains, which is about fifty frames."""
DECIPHERED: Final = 1 << 18
"""The maximum number of bytes that the page decodes with keys: about a thousand pushes, each with up to three jobs."""
TOO_MUCH: Final = (
    "Too many bytes look like ciphered P1 telegrams for this page. To decode all bytes on a computer, run "
    f"{pip_install('crypto')} and then hanparse decode."
)


def _no_progress(_done: int, _all: int) -> None:
    return None


def answer(
    source: str | bytes,
    keys: dict[str, str] | None = None,
    opened: Mapping[str, str | None] | None = None,
    progress: Progress = _no_progress,
) -> dict[str, Any]:
    """Return the content of the page for a text or for the bytes of a file.

    `keys` can contain ``key``, ``auth_key`` and ``system_title``. With a key, the answer can contain only ``jobs``.
    The browser then runs the jobs with Web Crypto and calls the function again. `opened` contains the results of all
    jobs so far, by the name of the job. The function calls `progress` with the number of decoded bytes and the number
    of all bytes. If the input or a key is wrong, the answer contains a sentence about the error.
    """
    try:
        data, notes = _bytes(source)
    except hanparse.HexDumpError as error:
        return _refused(source, error)
    options: dict[str, Any] = {name: text for name, text in (keys or {}).items() if text}
    whole, data = len(data), _begin(data, DECIPHERED) if options else data
    if len(data) < whole:
        notes = [*notes, f"With keys, the page decodes the first {len(data):,} of {whole:,} bytes."]
    crypto = WebCrypto(opened or {})
    with crypto.installed():
        try:
            found, problems = _decoded(data, options, progress)
        except ValueError as error:  # a wrong key
            found, problems, options = [], [str(error)], {}
        if crypto.is_full:
            problems, options = [TOO_MUCH], {}
            crypto.jobs.clear()
        shown = {} if crypto.jobs else {**_values(found), **_explained(data, options)}
    if crypto.jobs:
        return {"jobs": [*crypto.jobs.values()]}
    return {**shown, "problems": [*problems, *notes], "sound": bool(found) and not problems, "jobs": []}


def as_json(source: str | Buffer, keys: str, opened: str, progress: Progress = _no_progress) -> str:
    """Return `answer` as JSON. `keys` and `opened` are also JSON. The plaintexts in `opened` are hex digits."""
    given = source if isinstance(source, str) else bytes(source)
    return json.dumps(answer(given, json.loads(keys), json.loads(opened), progress), ensure_ascii=False)


def _bytes(source: str | bytes) -> tuple[bytes, list[str]]:
    """Return the bytes on the wire, and a sentence for each part of a text file that is not a dump.

    A pasted text is a dump. A file can contain bytes or a text with dumps; `Pieces` detects the format.
    """
    if isinstance(source, str):
        return dumped(source), []
    notes: list[str] = []
    data = b"".join(chunks(BytesIO(source), Pieces(notes.append)))
    return data, notes[:SHOWN]


def _refused(source: str | bytes, error: HanParseError) -> dict[str, Any]:
    """Return the answer for a text that is not a dump. If bytes are masked, the answer explains the other bytes."""
    shown = ""
    with suppress(hanparse.HanParseError):  # the answer contains `error`
        shown = bytemap.html(hanparse.explain(source))
    return {**_values([]), "problems": [str(error)], "sound": False, "jobs": [], "map": shown, "map_note": ""}


def _decoded(data: bytes, options: dict[str, Any], progress: Progress) -> tuple[list[Measurement], list[str]]:
    """Return the measurements, and a sentence for each fault. Raises `ValueError` for a wrong key."""
    errors: list[HanParseError] = []
    decoder = hanparse.Decoder(on_error=errors.append, **options)
    found = []
    for at in range(0, len(data), CHUNK):
        found += decoder.feed(data[at : at + CHUNK])
        progress(min(at + CHUNK, len(data)), len(data))
    found += decoder.flush()
    if found:
        return found, (findings(decoder) if decoder.diagnosis() else _lost(errors))
    why = None
    if len(data) <= BUFFER_LIMIT:
        try:
            found = hanparse.decode_all(data, **options)
        except hanparse.HanParseError as error:
            why = error
        else:
            return found, ([] if found else ["The input contains no bytes."])
    return found, findings(decoder, why)


def _lost(errors: list[HanParseError]) -> list[str]:
    """Return a sentence about damaged frames and pushes, if there are any. Noise between frames is not damage."""
    lost = [error for error in errors if getattr(error, "after_header", True)]
    times = "1 error" if len(lost) == 1 else f"{len(lost)} errors, the last"
    return [f"Not everything was decoded: {times}: {lost[-1]}"] if lost else []


def _values(found: list[Measurement]) -> dict[str, Any]:
    """Return the number of pushes, the tables of the first pushes and of the last push, and the plot."""
    shown = list(enumerate(found[:SHOWN], 1))
    if len(found) > SHOWN:
        shown.append((len(found), found[-1]))
    return {
        "count": len(found),
        "pushes": [{"title": _title(number, each), "html": each._repr_html_()} for number, each in shown],
        "plot": plot(found),
    }


def _title(number: int, measurement: Measurement) -> str:
    when = f", {measurement.timestamp:%Y-%m-%d %H:%M:%S}" if measurement.timestamp else ""
    power = measurement.active_power_import
    checked = measurement.security
    how = "" if checked is None else ", verified" if checked.verified else ", not verified"
    return f"push {number}{when}{'' if power is None else f', {power} W'}{how}"


def _explained(data: bytes, options: dict[str, Any]) -> dict[str, str]:
    """Return the map of the bytes. For a long input, the map contains only the first complete frames."""
    shown = _begin(data, EXPLAINED)
    note = f"The first {len(shown):,} of {len(data):,} bytes are explained." if len(shown) < len(data) else ""
    return {"map": bytemap.html(hanparse.explain(shown, **options)) if shown else "", "map_note": note}


def _begin(data: bytes, size: int) -> bytes:
    """Return the complete frames in the first `size` bytes. If there are none, return all `size` bytes."""
    if len(data) <= size:
        return data
    ends = [event.offset + len(event.raw) for event in walk(data[:size]) if isinstance(event, CARRIERS)]
    return data[: max(ends, default=size)]
