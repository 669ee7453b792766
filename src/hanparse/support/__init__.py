"""Writes a report on a meter that hanparse cannot read. Other numbers replace the meter numbers."""
