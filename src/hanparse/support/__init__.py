"""Writes a report on a meter that hanparse cannot read, with other numbers in place of the meter numbers."""
