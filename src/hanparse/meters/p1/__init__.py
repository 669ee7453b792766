"""Turns a P1 telegram into a `Measurement`: lines become items, and `hanparse.meters.read` turns items into fields."""

from hanparse.meters.p1.reading import TelegramReading, read_telegram

__all__ = ["TelegramReading", "read_telegram"]
