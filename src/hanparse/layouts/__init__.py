"""Decodes a push that differs from an earlier one in its values alone, in microseconds."""
