"""The command `hanparse`."""
