"""A P1 telegram -> `Measurement`: its lines become items, and the engine of the lists reads their numbers."""

from hanparse.meters.p1.reading import TelegramReading, read_telegram

__all__ = ["TelegramReading", "read_telegram"]
