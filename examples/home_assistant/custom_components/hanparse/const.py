"""The names and times that the modules of the component share."""

from typing import Final

DOMAIN: Final = "hanparse"
CONF_KEY: Final = "key"
SILENCE: Final = 60.0
"""The entities are unavailable if no push arrives for this time in s. Meters send a power at least every 10 s."""
FIRST_PUSH: Final = 25.0
"""The time in s in which the flow expects a push with the number of the meter.

Meters send such a push every 10 s.
"""
ESTIMATED: Final = "_estimated"
"""The ending of the key of an estimate."""
