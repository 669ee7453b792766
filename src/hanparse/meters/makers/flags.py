"""Maps the first three letters of a P1 identification to the maker that registered the letters (FLAG association).

The table does not contain the letters of grid operators (FLU, Lux, ESO), because they do not identify the maker.
Sources: the list of the FLAG association; P1 telegrams of these makers.
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
"""Maps the letters to the maker. The keys are in capitals, because some meters send ISk and other meters send ISK."""
