"""Turns a P1 telegram into a `Measurement`. Its lines become items, which `hanparse.meters.read` turns into fields."""

from hanparse.meters.p1.reading import TelegramReading, read_telegram

__all__ = ["TelegramReading", "read_telegram"]
