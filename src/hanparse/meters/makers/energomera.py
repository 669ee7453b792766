"""Energomera: status words and alarms by a push-object-list with restrictions and columns, no registers.

Source: a real capture.
"""

from hanparse.meters.profile import Profile

ENERGOMERA = Profile(manufacturer="Energomera", devices=("EMR",))
