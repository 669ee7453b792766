"""What became of ciphered pushes, one after the other -> `Fault`s: which key is missing or wrong, and odd counters.

A push that was opened is its `Security`, one that was not its `CipherError`. Nothing is found where every push is
opened and every counter rises; nor where too few pushes were seen to tell a wrong key from a damaged push.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hanparse.errors import CipherError
from hanparse.security.title import title_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hanparse.diagnosis.faults import Fault, Kind
    from hanparse.measurement.security import Security

_SEVERAL: Final = 3  # a tag that does not fit once or twice may be damage
_MAX_METERS: Final = 16  # a HAN port has one
_NO_TITLE: Final = "a meter without system title"

_NO_KEY: Final = """{pushes} pushes of {meters} are ciphered, and no key was given for them: the wire is good; ask the
grid company for the key and give it as key=, or ask for pushes without ciphering"""
_WRONG_KEY: Final = """the encryption key opens none of {pushes} pushes of {meters}: it is wrong, or is that of another
meter or port"""
_OTHER_METER: Final = """the encryption key opens pushes of {opened} and none of {pushes} pushes of {meters}: each meter
has a key of its own; give a mapping from system title to key"""
_SWAPPED: Final = """the encryption key and the authentication key are exchanged, as {pushes} pushes of {meters} show:
give each in the place of the other"""
_AUTH_KEY: Final = """in {pushes} pushes of {meters} the encryption key is right, and the tag fits in none: the
authentication key is wrong; ask for it, or leave it out and take values that are not verified"""
_STANDS: Final = """the invocation counter of {meters} did not rise in {pushes} of {seen} pushes: a log is replayed, or
the meter always sends the same number; nobody can then tell an old push from a new one"""
_BACK: Final = """the invocation counter of {meters} went back in {pushes} of {seen} pushes: the meter was restarted or
got a new key, or old pushes are replayed"""


@dataclass(slots=True)
class _Meter:
    """What became of the pushes of one system title."""

    opened: int = 0
    verified: int = 0
    counter: int = -1
    stood: int = 0
    back: int = 0
    causes: Counter[str] = field(default_factory=Counter)


class Observed:
    """Counts what became of ciphered pushes, by system title; of `_MAX_METERS` at most, the first to come."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._meters: dict[bytes, _Meter] = {}

    def add(self, event: Security | CipherError) -> None:
        """Take the `Security` of a push that was opened, or the `CipherError` of one that was not."""
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
        meter.stood += counter == meter.counter
        meter.back += counter < meter.counter
        meter.counter = counter

    def faults(self) -> tuple[Fault, ...]:
        """What is wrong, the most important first; empty when nothing is, or too little was seen to say."""
        return tuple(self._faults())

    def _faults(self) -> Iterator[Fault]:
        yield from self._fault("ciphered", _NO_KEY, self._failed("no key"))
        unopened = self._failed("key")
        opened = [title for title, meter in self._meters.items() if meter.opened]
        words = _OTHER_METER.replace("{opened}", _names(opened)) if opened else _WRONG_KEY
        yield from self._fault("key", words, unopened)
        yield from self._fault("key", _SWAPPED, self._failed("swapped"))
        unverified = {title: n for title, n in self._failed("auth_key").items() if n >= _SEVERAL}
        yield from self._fault("auth-key", _AUTH_KEY, unverified)
        stood = {title: meter.stood for title, meter in self._meters.items() if meter.stood >= _SEVERAL - 1}
        yield from self._fault("counter", _STANDS, stood)
        yield from self._fault(
            "counter", _BACK, {title: each.back for title, each in self._meters.items() if each.back}
        )

    def _failed(self, cause: str) -> dict[bytes, int]:
        """How many pushes failed for this cause, of each meter whose pushes were opened or verified never."""
        proof = "verified" if cause == "auth_key" else "opened"
        unproved = {title: meter for title, meter in self._meters.items() if not getattr(meter, proof)}
        return {title: meter.causes[cause] for title, meter in unproved.items() if meter.causes[cause]}

    def _fault(self, kind: Kind, words: str, pushes: dict[bytes, int]) -> Iterator[Fault]:
        from hanparse.diagnosis import Fault  # noqa: PLC0415  a decode needs none of it

        if pushes:
            seen = sum(self._meters[title].opened for title in pushes)
            counts = {"pushes": sum(pushes.values()), "meters": len(pushes), "opened": seen}
            message = " ".join(words.split()).format(pushes=counts["pushes"], meters=_names(pushes), seen=seen)
            yield Fault(kind, message, counts)


def diagnose(events: Iterable[Security | CipherError]) -> tuple[Fault, ...]:
    """The faults that a sequence of opened and unopened pushes shows."""
    observed = Observed()
    for event in events:
        observed.add(event)
    return observed.faults()


def _names(titles: Iterable[bytes]) -> str:
    return ", ".join(title_text(title) if title else _NO_TITLE for title in titles)
