"""Maps the first letters of a P1 identification to the maker, as registered with the FLAG association.

The table has no letters of grid operators (FLU, Lux, ESO): they do not identify the maker.
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
"""The keys are in capitals, because meters write ISk and ISK."""
