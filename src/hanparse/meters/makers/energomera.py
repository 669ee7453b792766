"""Energomera meters send lists with a push-object-list, whose entries contain restrictions and columns.

Source: a real capture.
"""

from hanparse.meters.profile import Profile

ENERGOMERA = Profile(manufacturer="Energomera", devices=("EMR",))
