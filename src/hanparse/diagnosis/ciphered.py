"""Finds missing keys, wrong keys and unusual invocation counters from a sequence of ciphered pushes.

The caller gives the `Security` of each deciphered push, and the `CipherError` of each push that was not deciphered. The
module finds no fault if every push was deciphered and the counter of each meter always rises. One or two pushes of a
meter with a wrong authentication tag, or one push with an unchanged counter, are not a fault either, because damaged
bytes or a repeated push can cause them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hanparse.diagnosis.fault import Fault
from hanparse.errors import CipherError
from hanparse.security.title import title_text
from hanparse.wording import Count, pip_install

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hanparse.diagnosis.fault import Kind
    from hanparse.measurement.security import Security

_SEVERAL: Final = 3  # pushes with a wrong tag; damaged bytes can cause one or two
_MAX_METERS: Final = 16  # a HAN port has one meter, but forged system titles must not fill the memory
_NO_TITLE: Final = "a meter without system title"

_NO_KEY: Final = """{pushes} {pushes:push|pushes} of {meters} {pushes:is|are} ciphered, and no key was given: the
connection is good; ask the grid company for the key and give it as key=, or ask the grid company to turn ciphering
off"""
_NO_CRYPTOGRAPHY: Final = f"""{{pushes}} {{pushes:push|pushes}} of {{meters}} {{pushes:is|are}} ciphered, and the
package cryptography is missing or does not load: the connection is good; {pip_install("crypto")}"""
_WRONG_KEY: Final = """the encryption key deciphers none of {pushes} {pushes:push|pushes} of {meters}: the key is wrong,
or it is the key of another meter or of another port of this meter; ask the grid company for the right key"""
_OTHER_METER: Final = """the encryption key deciphers pushes of {opened}, but none of {pushes} {pushes:push|pushes} of
{meters}: each meter has its own key; give a mapping from system title to key"""
_SWAPPED: Final = """{pushes} {pushes:push|pushes} of {meters} can be deciphered only if the encryption key and the
authentication key are exchanged: give the value of key= as auth_key=, and the value of auth_key= as key="""
_AUTH_KEY: Final = """in {pushes} {pushes:push|pushes} of {meters} the encryption key is right, but no authentication
tag fits: the authentication key is wrong; ask the grid company for the key, or give no auth_key= and accept values that
are not verified"""
_NOT_RISING: Final = """the invocation counter of {meters} did not rise in {pushes} of {seen} {seen:push|pushes}: a
program replays a log, or the meter always sends the same counter; an old push can then not be distinguished from a new
push"""
_DECREASED: Final = """the invocation counter of {meters} went back in {pushes} of {seen} {seen:push|pushes}: the meter
was restarted or got a new key, or a program replays old pushes"""


@dataclass(slots=True)
class _Meter:
    """Counts the pushes with one system title.

    `opened` counts the deciphered pushes, and `verified` counts the pushes with a verified tag. `not_rising` counts the
    deciphered pushes with the same invocation counter as the push before. `decreased` counts the deciphered pushes with
    a lower counter than the push before. `counter` is the counter of the last deciphered push, or −1. `causes` counts
    the pushes that were not deciphered, by `CipherError.cause`.
    """

    opened: int = 0
    verified: int = 0
    counter: int = -1
    not_rising: int = 0
    decreased: int = 0
    causes: Counter[str] = field(default_factory=Counter)


class Observed:
    """Counts ciphered pushes by system title and result, for the first `_MAX_METERS` system titles."""

    def __init__(self) -> None:
        """Make an object that has counted no pushes."""
        self._meters: dict[bytes, _Meter] = {}

    def add(self, event: Security | CipherError) -> None:
        """Count a push. `event` is its `Security` if it was deciphered, and otherwise its `CipherError`."""
        title = event.system_title or b""
        meter = self._meters.get(title)
        if meter is None:
            if len(self._meters) >= _MAX_METERS:
                return
            meter = self._meters[title] = _Meter()
        if isinstance(event, CipherError):
            meter.causes[event.cause] += 1
            return
        counter = event.invocation_counter
        meter.opened += 1
        meter.verified += event.verified
        meter.not_rising += counter == meter.counter
        meter.decreased += counter < meter.counter
        meter.counter = counter

    def faults(self) -> tuple[Fault, ...]:
        """Return the faults. The most important fault is first."""
        return tuple(self._faults())

    def _faults(self) -> Iterator[Fault]:
        yield from self._fault("ciphered", _NO_KEY, self._failed("no key"))
        yield from self._fault("ciphered", _NO_CRYPTOGRAPHY, self._failed("no cryptography"))
        unopened = self._failed("key")
        opened = [title for title, meter in self._meters.items() if meter.opened]
        template = _OTHER_METER.replace("{opened}", _names(opened)) if opened else _WRONG_KEY
        yield from self._fault("key", template, unopened)
        yield from self._fault("key", _SWAPPED, self._failed("swapped"))
        unverified = {title: n for title, n in self._failed("auth_key").items() if n >= _SEVERAL}
        yield from self._fault("auth-key", _AUTH_KEY, unverified)
        meters = self._meters.items()
        not_rising = {title: meter.not_rising for title, meter in meters if meter.not_rising >= _SEVERAL - 1}
        yield from self._fault("counter", _NOT_RISING, not_rising)
        decreased = {title: meter.decreased for title, meter in self._meters.items() if meter.decreased}
        yield from self._fault("counter", _DECREASED, decreased)

    def _failed(self, cause: str) -> dict[bytes, int]:
        """Return for each system title the number of pushes that were not deciphered because of `cause`.

        If a push of a meter was deciphered, its encryption key is right, so the meter is left out. For the cause
        ``"auth_key"``, a meter is instead left out if a push of the meter was verified, because its authentication key
        is right.
        """
        success = "verified" if cause == "auth_key" else "opened"
        failing = {title: meter for title, meter in self._meters.items() if not getattr(meter, success)}
        return {title: meter.causes[cause] for title, meter in failing.items() if meter.causes[cause]}

    def _fault(self, kind: Kind, template: str, pushes: dict[bytes, int]) -> Iterator[Fault]:
        if pushes:
            seen = sum(self._meters[title].opened for title in pushes)
            counts = {"pushes": sum(pushes.values()), "meters": len(pushes), "opened": seen}
            numbers = {"pushes": Count(counts["pushes"]), "seen": Count(seen)}
            message = " ".join(template.split()).format(**numbers, meters=_names(pushes))
            yield Fault(kind, message, counts)


def diagnose(events: Iterable[Security | CipherError]) -> tuple[Fault, ...]:
    """Return the faults of a sequence of ciphered pushes. The most important fault is first."""
    observed = Observed()
    for event in events:
        observed.add(event)
    return observed.faults()


def _names(titles: Iterable[bytes]) -> str:
    return ", ".join(title_text(title) if title else _NO_TITLE for title in titles)
