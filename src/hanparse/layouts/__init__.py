"""Decodes a push that differs from an earlier push only in its values. This takes a few microseconds for each push."""
