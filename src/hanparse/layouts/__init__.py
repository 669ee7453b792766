"""Decodes a push that differs from an earlier push only in its values. One push takes a few microseconds."""
