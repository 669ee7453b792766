"""Writes a report for a meter that hanparse does not read, with the numbers of meters replaced."""
