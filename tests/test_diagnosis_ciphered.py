"""What the diagnosis says of ciphered pushes: which key is missing or wrong, and counters that do not rise."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ciphering import AUTH_KEY, KEY, TITLE, Meter, is_sound
from framefiles import named
from hypothesis import given
from hypothesis import strategies as st

from hanparse.diagnosis.ciphered import Observed, diagnose
from hanparse.errors import CipherError
from hanparse.measurement.security import Security
from hanparse.security.keys import Keys
from hanparse.security.opener import Opener

OTHER = b"LGZ\0\0\0\0\x18"
WRONG = bytes(range(1, 17))
PUSH = named("kamstrup/push-dk-3phase").apdu


def events(
    counters: list[int], options: dict[str, Any], meters: tuple[Meter, ...] = (Meter(),)
) -> list[Security | CipherError]:
    """What an opener with these keys says of pushes with these counters, of each meter."""
    opener = Opener(Keys(**options), is_sound)
    found: list[Security | CipherError] = []
    for counter in counters:
        for meter in meters:
            try:
                found.append(opener.open(meter.cipher(PUSH, counter)).security)
            except CipherError as error:
                found.append(error)
    return found


def said(found: list[Security | CipherError]) -> list[tuple[str, str]]:
    return [(fault.kind, str(fault)) for fault in diagnose(found)]


RISING = list(range(10, 20))
BOTH = {"key": KEY, "auth_key": AUTH_KEY}
TWO = (Meter(), Meter(key=WRONG, title=OTHER))


@pytest.mark.parametrize(
    ("counters", "meters", "options", "kind", "words"),
    [
        (RISING, (Meter(),), {}, "ciphered", "10 pushes of KAM4500000017 are ciphered, and no key was given"),
        (RISING, TWO, {"key": {TITLE: KEY}}, "ciphered", "10 pushes of LGZ0000000018 are ciphered, and no key"),
        (RISING, (Meter(),), {"key": WRONG}, "key", "deciphers none of 10 pushes of KAM4500000017: the key is wrong"),
        (RISING, TWO, BOTH, "key", "deciphers pushes of KAM4500000017, but none of 10 pushes of LGZ0000000018"),
        (RISING, (Meter(),), {"key": AUTH_KEY, "auth_key": KEY}, "key", "10 pushes of KAM.* are exchanged"),
        (RISING, (Meter(),), {"key": KEY, "auth_key": WRONG}, "auth-key", "in 10 pushes of KAM.* the encryption key"),
        ([0] * 5, (Meter(),), BOTH, "counter", "did not rise in 4 of 5 pushes"),
        ([5, 6, 7, 2, 3], (Meter(),), BOTH, "counter", "went back in 1 of 5 pushes"),
        (RISING, (Meter(sent_title=b""),), {}, "ciphered", "10 pushes of a meter without system title"),
    ],
)  # fmt: skip
def test_one_fault_is_named_with_the_meters_and_the_number_of_pushes(
    counters: list[int], meters: tuple[Meter, ...], options: dict[str, Any], kind: str, words: str
) -> None:
    [(found, message)] = said(events(counters, options, meters))
    assert found == kind
    assert re.search(words, message)


@pytest.mark.parametrize(
    ("counters", "options"),
    [(RISING, BOTH), (RISING, {"key": KEY}), ([2**32 - 2, 2**32 - 1], BOTH), ([7, 7], BOTH), ([], {})],
)
def test_nothing_is_found_where_pushes_are_opened_and_counters_rise(
    counters: list[int], options: dict[str, Any]
) -> None:
    assert said(events(counters, options)) == []


def test_two_tags_that_do_not_fit_are_not_yet_a_wrong_key() -> None:
    failed = events(RISING, {"key": KEY, "auth_key": WRONG})
    assert said(failed[:2]) == []
    assert [kind for kind, _ in said(failed[:3])] == ["auth-key"]


def test_a_damaged_push_between_verified_ones_is_no_wrong_key() -> None:
    found = events(RISING, BOTH)
    damaged = [CipherError("", cause="auth_key", system_title=TITLE), CipherError("", cause="key", system_title=TITLE)]
    assert said(found[:5] + damaged * 3 + found[5:]) == []


def test_no_more_meters_are_told_apart_than_a_wire_has() -> None:
    found = [CipherError("", cause="no key", system_title=bytes([number]) * 8) for number in range(100)]
    [fault] = diagnose(found)
    assert fault.counts["meters"] == 16


@given(st.lists(st.tuples(st.binary(min_size=8, max_size=8), st.integers(0, 2**32 - 1), st.booleans()), max_size=80))
def test_what_is_kept_is_bounded_and_never_raises(pushes: list[tuple[bytes, int, bool]]) -> None:
    observed = Observed()
    for title, counter, opened in pushes:
        observed.add(Security(title, 0x30, counter, verified=True) if opened else CipherError("", system_title=title))
    assert len(vars(observed)["_meters"]) <= 16
    assert all(str(fault) and fault.counts for fault in observed.faults())


def test_a_missing_package_is_named_and_not_called_a_fault_of_the_wire() -> None:
    error = CipherError("no package", cause="no cryptography", system_title=TITLE, invocation_counter=1)
    ((kind, message),) = said([error])
    assert kind == "ciphered"
    assert "1 push of KAM4500000017" in message
    assert 'pip install "hanparse[crypto]"' in message
