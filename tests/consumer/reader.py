"""A program of somebody else, for type checkers at their strictest: what is public is used as it is meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import hanparse
from hanparse import Estimate, Fault, HanParseError, Measurement, MeterState, Profile, Register, Scale, Wiring
from hanparse.energy.headroom import Headroom
from hanparse.energy.plausibility import Plausibility
from hanparse.meters import PROFILES
from hanparse.obis import Kind


def powers(chunks: Iterable[bytes | bytearray | memoryview]) -> Iterator[float]:
    """Net power, push by push."""
    errors: list[HanParseError] = []
    decoder = hanparse.Decoder(scale=Scale.ct("100:5"), timezone=UTC, estimate=True, on_error=errors.append)
    for chunk in chunks:
        yield from (push.active_power for push in decoder.feed(chunk) if push.active_power is not None)
    yield from (push.active_power_import or 0 for push in decoder.flush())
    faults: tuple[Fault, ...] = decoder.diagnosis()
    stats: hanparse.Stats = decoder.stats
    print(stats.frames, decoder.last_error, [fault.message for fault in faults], errors)


def latest(chunks: Iterable[bytes]) -> Iterator[float | None]:
    """The current in L1 as it was last sent, push by push."""
    decoder, state = hanparse.Decoder(), MeterState(max_age=timedelta(minutes=5))
    for chunk in chunks:
        for push in decoder.feed(chunk, at=datetime.now(UTC)):
            merged: Measurement = state.update(push)
            yield merged.current_l1
    ages = {name: value.received for name, value in state.latest(datetime.now(UTC)).items()}
    print(ages, state.measurement().timestamp)


def said(push: Measurement) -> str:
    """What a push says, by its shape."""
    match push:
        case Measurement(current_l1=float(current), model=str(model)):
            return f"{current:.1f} A, {model}"
        case Measurement(active_power_import=power) if power is not None:
            return f"{power} W"
        case _:
            return "nothing"


def units() -> dict[str, str]:
    """What a table of units is made from."""
    return {field.name: field.unit for field in Measurement.fields() if field.kind is Kind.NUMBER}


def row(push: Measurement) -> dict[str, object]:
    """What a database wants."""
    taken: datetime | None = push.timestamp
    registers: tuple[Register, ...] = push.registers
    estimated: Mapping[str, Estimate] = push.estimated
    is_delta: bool = push.wiring is Wiring.THREE_WIRE
    by_code = {str(register.obis): register.value for register in registers if register.obis}
    bounds = {name: (estimate.low, estimate.high) for name, estimate in estimated.items()}
    again: Measurement = Measurement.from_dict(push.to_dict(registers=True, wiring=True))
    changed: Measurement = again.__replace__(model="another", received=datetime.now(UTC))
    print(again == push, changed.received, changed.scale.current, hanparse.__version__)
    return {"taken": taken, "delta": is_delta, **by_code, **bounds, **push.to_dict()}


def decode(dump: str, profiles: tuple[Profile, ...] = PROFILES) -> list[Measurement]:
    """Every push of a dump, or what is wrong with it."""
    try:
        return hanparse.decode_all(dump, profiles=profiles)
    except hanparse.ChecksumError as error:
        print(error.field, error.expected, error.found, error.offset)
    except hanparse.FrameError as error:
        print(error.after_header)
    except hanparse.HexDumpError as error:
        print(error.line, error.column)
    except hanparse.DecodeError as error:
        print(error.reason)
    except hanparse.UnknownMeterError as error:
        print(error.report)
    explanation: hanparse.Explanation = hanparse.explain(dump)
    print(explanation, [leaf.offset for leaf in explanation.leaves])
    return []


def code(text: str) -> tuple[int, str | None]:
    """What a code says."""
    obis = hanparse.Obis.parse(text)
    return obis.c, obis.direction


HELPERS = (Headroom, Plausibility)

if __name__ == "__main__":
    print(list(powers([b""])), decode("7E"), code("1-0:1.7.0"), list(latest([b""])), units())
    print(said(Measurement(current_l1=1, model="6525")), row(Measurement(active_power_import=1)))
