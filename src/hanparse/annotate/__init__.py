"""Explains every byte of an input: the frames in a stream, the APDU in a frame, and the values in a list."""
