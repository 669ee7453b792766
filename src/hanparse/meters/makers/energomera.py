"""Energomera: lists with a push-object-list that has restrictions and columns. They contain status words and alarms.

Source: a real capture.
"""

from hanparse.meters.profile import Profile

ENERGOMERA = Profile(manufacturer="Energomera", devices=("EMR",))
