"""Explains every byte of an input, layer by layer: frames in a stream, the APDU in a frame, values in a list."""
