"""Writes a report on a capture, for example of a meter that hanparse cannot read.

The report contains other numbers in place of the meter numbers.
"""
