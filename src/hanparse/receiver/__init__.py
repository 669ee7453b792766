"""Converts bytes to events: frames, readings and errors, with their positions in the stream."""

from hanparse.receiver.events import Event, Failed, Read, ReadTelegram, Recognised
from hanparse.receiver.stream import LAYERS, Receiver, is_sound
from hanparse.receiver.whole import closeness, is_framed, no_frame, unframed, walk, without_frames

__all__ = [
    "LAYERS",
    "Event",
    "Failed",
    "Read",
    "ReadTelegram",
    "Receiver",
    "Recognised",
    "closeness",
    "is_framed",
    "is_sound",
    "no_frame",
    "unframed",
    "walk",
    "without_frames",
]
