"""Maps the first three letters of the identification of a P1 telegram to the maker (FLAG association).

Makers register their letters with the FLAG association. The table does not contain the letters of grid operators (FLU,
Lux, ESO), because these letters do not identify the maker. Sources: the list of the FLAG association; P1 telegrams of
these makers.
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
"""Maps the letters to the maker. Convert the letters to capitals first, because some meters send ISk, others ISK."""
