"""Turns a P1 telegram into a `Measurement`: its lines become items, and `hanparse.meters.read` reads their numbers."""

from hanparse.meters.p1.reading import TelegramReading, read_telegram

__all__ = ["TelegramReading", "read_telegram"]
