"""Decodes bytes to `Measurement`s: `Decoder`, `decode`, `decode_all`."""

from hanparse.decoder.options import Options
from hanparse.decoder.stream import Decoder
from hanparse.decoder.whole import decode, decode_all

__all__ = ["Decoder", "Options", "decode", "decode_all"]
