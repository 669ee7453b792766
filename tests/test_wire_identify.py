from __future__ import annotations

import pytest

from hanparse.wire import identify


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        # Green Book, APDU tags
        (0xDB, "general-glo-ciphering"),
        (0xDC, "general-ded-ciphering"),
        (0xDD, "general-ciphering"),
        (0xE0, "general-block-transfer"),
        (0x60, "AARQ"),
        (0xC2, "event-notification-request"),
        (0x21, "glo-initiateRequest"),
        (0x38, "glo-informationReportRequest"),
        (0x4E, "ded-confirmedServiceError"),
        (0xC8, "glo-get-request"),
        (0xCA, "glo-event-notification-request"),
        (0xCF, "glo-action-response"),
        (0xD2, "ded-event-notification-request"),
        (0xD7, "ded-action-response"),
        (0xFE, "which is not an APDU tag"),
    ],
)
def test_an_apdu_that_is_not_read_is_named(tag: int, name: str) -> None:
    assert f"found {tag:02X}, {name}" in identify.refusal(tag)


@pytest.mark.parametrize("tag", [0xDB, 0xDD, 0xC8, 0x21, 0xD2])
def test_a_ciphered_apdu_is_said_to_be_ciphered(tag: int) -> None:
    assert "ciphered" in identify.refusal(tag)


@pytest.mark.parametrize(
    ("apdu", "what"),
    [
        (b"", "it is empty"),
        (b"\x0f\x00\x00", "it is a data-notification that cannot be read"),
        (b"\xc4\x01\x00", "it is get-response"),
        (b"\xfe\x00\x00", "it is no APDU"),
    ],
)
def test_a_deciphered_apdu_is_described_without_its_bytes(apdu: bytes, what: str) -> None:
    assert identify.describe(apdu) == what
