"""The Sagemcom T210-D in Austria sends registers with scalers and units. The logical device name identifies the maker.

Source: interface description of the Austrian operators, real captures.
"""

from hanparse.meters.profile import Profile

SAGEMCOM = Profile(manufacturer="Sagemcom", devices=("SAG",))
