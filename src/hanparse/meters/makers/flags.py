"""The letters that a P1 identification begins with -> the maker; registered with the FLAG association.

Only those of makers: a grid operator may put its own there (FLU, Lux, ESO), which says nothing of the meter.
Sources: FLAG association list; P1 telegrams of these makers.
"""

from typing import Final

FLAGS: Final = {
    "ADN": "Aidon",
    "EGM": "Elgama",
    "ELL": "Sagemcom",
    "ENE": "Sagemcom",
    "EST": "Sagemcom",
    "ISK": "Iskraemeco",
    "KAM": "Kamstrup",
    "KFM": "Kaifa",
    "KMP": "Kamstrup",
    "LGF": "Landis+Gyr",
    "LGZ": "Landis+Gyr",
    "SAG": "Sagemcom",
    "XMX": "Landis+Gyr",
}
"""In capitals: meters write ISk and ISK."""
