"""The bytes of each layer -> `Explanation`s: the frames in a stream, the APDU in a frame, the values in a list."""
