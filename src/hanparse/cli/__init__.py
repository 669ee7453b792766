"""Runs the command `hanparse`."""
