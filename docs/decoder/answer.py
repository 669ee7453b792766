"""Decodes and explains an input for the page, as a dictionary that is ready for JSON.

The page calls these functions in Pyodide. They need no browser: ``answer("7EA027...")`` works in any Python.
"""

from __future__ import annotations

import json
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import ciphers
from plot import plot

import hanparse
from hanparse.annotate import bytemap
from hanparse.annotate.spans import CARRIERS
from hanparse.cli.console import chunks
from hanparse.cli.verdict import findings
from hanparse.hdlc import BUFFER_LIMIT
from hanparse.pasted import dumped
from hanparse.receiver import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hanparse import HanParseError, Measurement
    from hanparse.wire.buffer import Buffer

    Progress = Callable[[int, int], object]

CHUNK: Final = 1 << 16
"""The number of bytes that are decoded between two calls of `progress`."""
SHOWN: Final = 100
"""The number of pushes whose values the page shows; the plot shows all of them."""
EXPLAINED: Final = 1 << 14
"""The number of bytes that are explained: some fifty frames."""


def _no_progress(_done: int, _all: int) -> None:
    return None


def answer(
    source: str | bytes,
    keys: dict[str, str] | None = None,
    opened: Sequence[bytes | None] | None = None,
    progress: Progress = _no_progress,
) -> dict[str, Any]:
    """Return all that the page shows for a text or the bytes of a file.

    `keys` may contain ``key``, ``auth_key`` and ``system_title``. With a key, the answer has ``jobs``: the pushes that
    the browser deciphers with Web Crypto. The second call gets the plaintexts as `opened`, in this order, `None` for a
    tag that does not fit. `progress` is called with the number of decoded bytes and of all bytes. An error of the
    input or of a key is a sentence in the answer; it is not raised.
    """
    try:
        data, notes = _bytes(source)
    except hanparse.HexDumpError as error:
        return _refused(source, error)
    found, problems, others = _decoded(data, progress)
    jobs, of_keys = _opened(data, keys or {}, opened, found)
    if opened is not None:
        problems = others  # the keys are given by now
    problems = problems + of_keys
    return {
        **_values(found),
        "problems": [*problems, *notes],
        "sound": bool(found) and not problems,
        "jobs": jobs,
        **_explained(data, opened or ()),
    }


def as_json(source: str | Buffer, keys: str, opened: str, progress: Progress = _no_progress) -> str:
    """Return `answer` as JSON. `keys` and `opened` are JSON, with the plaintexts as hex digits."""
    plaintexts = json.loads(opened)
    if plaintexts is not None:
        plaintexts = [None if one is None else bytes.fromhex(one) for one in plaintexts]
    given = source if isinstance(source, str) else bytes(source)
    return json.dumps(answer(given, json.loads(keys), plaintexts, progress), ensure_ascii=False)


def _bytes(source: str | bytes) -> tuple[bytes, list[str]]:
    """Return the bytes on the wire, and a sentence for each part of a text file that is no dump.

    A pasted text is a dump. A file may be a capture or a text with dumps, which `hanparse decode` finds out as well.
    """
    if isinstance(source, str):
        return dumped(source), []
    notes: list[str] = []
    data = b"".join(chunks(BytesIO(source), notes.append))
    return data, notes[:SHOWN]


def _refused(source: str | bytes, error: HanParseError) -> dict[str, Any]:
    """Return the answer for a text that is no dump. The bytes around masked bytes are explained all the same."""
    shown = ""
    with suppress(hanparse.HanParseError):  # `error` is the sentence
        shown = bytemap.html(hanparse.explain(source))
    return {**_values([]), "problems": [str(error)], "sound": False, "jobs": [], "map": shown, "map_note": ""}


def _decoded(data: bytes, progress: Progress) -> tuple[list[Measurement], list[str], list[str]]:
    """Return the measurements, what is wrong, and what of that is wrong with any keys."""
    errors: list[HanParseError] = []
    decoder = hanparse.Decoder(on_error=errors.append)
    found = []
    for at in range(0, len(data), CHUNK):
        found += decoder.feed(data[at : at + CHUNK])
        progress(min(at + CHUNK, len(data)), len(data))
    found += decoder.flush()
    others = [fault.message for fault in decoder.diagnosis() if fault.kind != "ciphered"] or _lost(errors)
    if found:
        return found, (findings(decoder) if decoder.diagnosis() else _lost(errors)), others
    why = None
    if len(data) <= BUFFER_LIMIT:
        try:
            found = hanparse.decode_all(data)
        except hanparse.HanParseError as error:
            why = error
        else:
            return found, ([] if found else ["There are no bytes."]), []
    is_bare = isinstance(why, hanparse.CipherError) and not decoder.stats.frames  # no fault of a connection applies
    return found, findings(decoder, why), [] if is_bare else others


def _lost(errors: list[HanParseError]) -> list[str]:
    """Return a sentence about damaged frames and pushes, if there are any. Noise between frames is no damage."""
    lost = [error for error in errors if getattr(error, "after_header", True) and not _lacks_key(error)]
    times = "1 error" if len(lost) == 1 else f"{len(lost)} errors, the last"
    return [f"Not everything was decoded: {times}: {lost[-1]}"] if lost else []


def _lacks_key(error: HanParseError) -> bool:
    return isinstance(error, hanparse.CipherError) and error.cause == "no key"


def _opened(
    data: bytes,
    keys: dict[str, str],
    opened: Sequence[bytes | None] | None,
    found: list[Measurement],
) -> tuple[list[dict[str, str]], list[str]]:
    """Return the jobs for Web Crypto and sentences about the keys. Append the measurements of `opened` to `found`."""
    if not keys.get("key"):
        return [], ([ciphers.NO_AUTH] if keys.get("auth_key") else [])
    try:
        jobs = ciphers.jobs(data, keys["key"], keys.get("auth_key", ""), keys.get("system_title", ""))
    except ValueError as error:
        return [], [str(error)]
    if not jobs:
        return [], ([] if found else [ciphers.WITH_PIP])
    if opened is None:
        return [job.for_browser() for job in jobs], []
    faults: dict[str, int] = {}
    decoder = hanparse.Decoder()
    for job, plaintext in zip(jobs, opened, strict=True):
        try:
            found.append(ciphers.read(job, plaintext, decoder))
        except hanparse.HanParseError as error:
            faults[str(error.args[0])] = faults.get(str(error.args[0]), 0) + 1
    more = [f"The page deciphers {ciphers.MAX_JOBS} pushes at most."] if len(jobs) == ciphers.MAX_JOBS else []
    return [], more + [f"{count} of {len(jobs)} ciphered pushes: {fault}" for fault, count in faults.items()]


def _values(found: list[Measurement]) -> dict[str, Any]:
    """Return the number of pushes, the tables of the first ones, the newest push of a longer input, and the plot."""
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


def _explained(data: bytes, opened: Sequence[bytes | None]) -> dict[str, str]:
    """Return the map of the bytes; of a long input, of its first whole frames. Plaintexts are below the frames."""
    note, shown = "", data
    if len(data) > EXPLAINED:
        begin = data[:EXPLAINED]
        ends = [event.offset + len(event.raw) for event in walk(begin) if isinstance(event, CARRIERS)]
        shown = begin[: max(ends, default=EXPLAINED)]
        note = f"The first {len(shown):,} of {len(data):,} bytes are explained."
    maps = [bytemap.html(hanparse.explain(shown))] if shown else []
    plain = [plaintext for plaintext in opened if plaintext][:SHOWN]
    maps += [f"<h3>Plaintext {n}</h3>{bytemap.html(hanparse.explain(one))}" for n, one in enumerate(plain, 1)]
    return {"map": "".join(maps), "map_note": note}
