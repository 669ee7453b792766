"""Decodes bytes to measurements. `Decoder` decodes a stream; `decode` and `decode_all` decode a complete input."""

from hanparse.decoder.options import Options
from hanparse.decoder.stream import Decoder
from hanparse.decoder.whole import decode, decode_all

__all__ = ["Decoder", "Options", "decode", "decode_all"]
