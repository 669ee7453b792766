"""hanparse decodes what a smart meter pushes out of its HAN port into one typed `Measurement`.

::

    bytes or pasted text
      hexdump         text -> bytes
      hdlc, mbus, p1  link layers: a stream -> frames and telegrams
      transfer        segments, telegrams, blocks -> one APDU
      security        ciphered APDU -> APDU
      cosem           APDU <-> DataNotification
      meters, obis    DataNotification or telegram -> Measurement
      receiver        all of it for a stream: bytes -> events with their place
      decoder         events -> Measurements: Decoder, decode, decode_all

    axdr and wire serve the link layers and cosem. layouts repeats a decode in microseconds. annotate explains every
    byte, diagnosis says what is wrong with the wire, support reports a meter that is not read, energy computes from
    measurements, cli is the command `hanparse`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanparse.annotate.explain import explain
    from hanparse.annotate.tree import Explanation
    from hanparse.decoder import Decoder, decode, decode_all
    from hanparse.diagnosis import Fault
    from hanparse.errors import (
        ChecksumError,
        CipherError,
        DecodeError,
        FrameError,
        HanParseError,
        HexDumpError,
        UnknownMeterError,
    )
    from hanparse.measurement import (
        Breaker,
        Estimate,
        Measurement,
        MeterState,
        Peak,
        PowerFailure,
        Register,
        Scale,
        Submeter,
        Wiring,
    )
    from hanparse.measurement.security import Security
    from hanparse.meters import Profile
    from hanparse.obis import Obis
    from hanparse.wire.stats import Stats

    __version__: str

__all__ = [
    "Breaker",
    "ChecksumError",
    "CipherError",
    "DecodeError",
    "Decoder",
    "Estimate",
    "Explanation",
    "Fault",
    "FrameError",
    "HanParseError",
    "HexDumpError",
    "Measurement",
    "MeterState",
    "Obis",
    "Peak",
    "PowerFailure",
    "Profile",
    "Register",
    "Scale",
    "Security",
    "Stats",
    "Submeter",
    "UnknownMeterError",
    "Wiring",
    "decode",
    "decode_all",
    "explain",
]

if not TYPE_CHECKING:  # type checkers see the imports above, and so report a name that does not exist
    _MODULES = {
        "annotate.explain": ("explain",),
        "annotate.tree": ("Explanation",),
        "decoder": ("Decoder", "decode", "decode_all"),
        "errors": (
            "ChecksumError",
            "CipherError",
            "DecodeError",
            "FrameError",
            "HanParseError",
            "HexDumpError",
            "UnknownMeterError",
        ),
        "measurement": (
            "Breaker",
            "Estimate",
            "Measurement",
            "MeterState",
            "Peak",
            "PowerFailure",
            "Register",
            "Scale",
            "Submeter",
            "Wiring",
        ),
        "measurement.security": ("Security",),
        "meters": ("Profile",),
        "obis": ("Obis",),
        "diagnosis": ("Fault",),
        "wire.stats": ("Stats",),
    }
    _MODULE_OF = {name: f"hanparse.{module}" for module, names in _MODULES.items() for name in names}

    def __getattr__(name: str) -> object:
        """Import the module of a public name when the name is first used (PEP 562): a program pays for what it uses."""
        if name == "__version__":
            return import_module("importlib.metadata").version("hanparse")
        if name not in _MODULE_OF:
            raise AttributeError(f"module 'hanparse' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
        return value

    def __dir__() -> list[str]:
        """Return the public names."""
        return __all__
