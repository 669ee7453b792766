"""A ciphered APDU and its keys -> the APDU inside, and whether it is verified."""
