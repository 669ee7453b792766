from __future__ import annotations

import copy
from fractions import Fraction

from framefiles import SOUND, FrameFile
from sweeps import part

from hanparse import Decoder, Measurement
from hanparse.measurement import FIELDS, Scale

READABLE = [file for file in SOUND if file.expect]
SCALES = [Scale(), Scale.ct(Fraction(150, 7))]


def pushes(file: FrameFile, scale: Scale) -> tuple[Measurement, Decoder]:
    """Return the measurement as the grammar and a profile read it, and a decoder that recognises the push."""
    decoder = Decoder(scale=scale)
    found = decoder.feed(file.data)
    decoder.feed(file.data)
    return found[0], decoder


def test_a_field_that_is_asked_for_first_is_the_field_that_the_profile_reads() -> None:
    for file in READABLE:
        for scale in SCALES:
            expected, decoder = pushes(file, scale)
            for name in part(FIELDS, len(file.data)):
                measurement = decoder.feed(file.data)[0]
                first, again = getattr(measurement, name), getattr(measurement, name)
                found, type_of_field = getattr(expected, name), type(getattr(expected, name))
                assert (first, again, type(first)) == (found, found, type_of_field), (name, scale)
                assert measurement == expected


def test_a_measurement_of_which_one_number_was_read_is_copied_whole() -> None:
    expected, decoder = pushes(READABLE[0], Scale())
    for _ in range(2):
        measurement = decoder.feed(READABLE[0].data)[0]
        assert measurement.active_power_import == expected.active_power_import
        assert copy.copy(measurement) == copy.deepcopy(measurement) == expected


def test_a_field_without_a_value_is_none() -> None:
    measurement = Measurement(active_power_import=1)
    assert [name for name in FIELDS if getattr(measurement, name) is not None] == ["active_power_import"]
