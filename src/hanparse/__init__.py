"""hanparse decodes the pushes that a smart meter sends on its HAN port into typed `Measurement` objects.

These modules and packages convert bytes or pasted text into measurements::

    hexdump, pasted     text -> bytes
    hdlc, mbus, p1      link layers: a stream -> frames and telegrams
    cipheredp1          link layer: a stream -> ciphered P1 telegrams
    transfer            HDLC segments, M-Bus telegrams, blocks -> one APDU
    security            ciphered APDU -> APDU
    cosem               APDU <-> DataNotification
    meters, obis        DataNotification or telegram -> Measurement
    receiver            calls the modules above, from hdlc on: a stream -> events with their positions
    decoder             events -> measurements: Decoder, decode, decode_all
    envelope, broker    a message from an MQTT broker -> bytes -> events

The link layers use `wire`, and `cosem` uses `axdr` and `wire`. `layouts` decodes a push in microseconds if it differs
from an earlier push only in its values. `annotate` explains every byte. `diagnosis` names the faults of a connection.
`support` writes a report about a meter that hanparse does not read. `energy` computes limits for chargers, the energy
of each hour, and estimates of values that a meter does not send. `fields` describes the fields of a measurement.
`simulate` builds the bytes that a meter sends. `sources` receives bytes from ports and gateways, and `sinks` sends
measurements to brokers and databases. `archive` decodes recorded captures into Arrow tables. `cli` is the command
`hanparse`.
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
    from hanparse.meters.installed import installed_profiles
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
    "installed_profiles",
]

if not TYPE_CHECKING:  # a type checker reads the imports above instead, so it can report a name that does not exist
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
        "meters.installed": ("installed_profiles",),
        "obis": ("Obis",),
        "diagnosis": ("Fault",),
        "wire.stats": ("Stats",),
    }
    _MODULE_OF = {name: f"hanparse.{module}" for module, names in _MODULES.items() for name in names}

    def __getattr__(name: str) -> object:
        """Import the module of a public name on its first use (PEP 562), so that `import hanparse` is fast."""
        if name == "__version__":
            return import_module("importlib.metadata").version("hanparse")
        if name not in _MODULE_OF:
            raise AttributeError(f"module 'hanparse' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
        return value

    def __dir__() -> list[str]:
        """Return the public names."""
        return __all__
