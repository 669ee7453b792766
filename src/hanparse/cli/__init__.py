"""Implements the command `hanparse`."""
