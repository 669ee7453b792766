"""Contains the messages of `CipherError`.

Each message gives the error and, if they are known, its probable cause and the remedy. No message contains a key or
deciphered content.
"""

from __future__ import annotations

from typing import Final

from hanparse.wording import pip_install

NO_KEY: Final = "the push is ciphered, and no key was given: ask the grid company for the key, and give {keys}"
OTHER_METERS: Final = "keys of {meters} {meters:meter|meters} were given, but no key of this meter: give its key, too"
NO_CRYPTOGRAPHY: Final = f"""the package cryptography, which deciphers the push, is missing or does not load:
{pip_install("crypto")}"""
SERVICE: Final = """a ciphered service of an association contains no system title, and hanparse cannot decipher it
without a system title: give system_title=; meters usually push general-glo-ciphering (DB) to HAN ports"""
WRONG_TITLE: Final = "expected a system title of 8 bytes in the push, found {size} bytes: give system_title="
NO_CHOICE: Final = "the push has no system title, so hanparse cannot select one of the keys: give system_title="
NO_TITLE_SENT: Final = """the push has no system title, and key= does not decipher the push with a system title of zero
bytes: give system_title=; or the encryption key is wrong"""
WRONG_SIZE: Final = "its security suite needs keys of {size} bytes, {name}= has {found} bytes"
KEY: Final = """key= does not decipher the content to a push: the encryption key is wrong, or it is the key of another
meter or of another port of this meter"""
SAME: Final = "; key and auth_key are the same"
OR_TITLE: Final = "; or the system title that was given is wrong"
SWAPPED: Final = """key= and auth_key= are exchanged: the push can be deciphered with auth_key as the encryption key and
key as the authentication key"""
AUTH_KEY: Final = """the encryption key is right, but the authentication tag does not fit: if every push has this error,
the authentication key is wrong; otherwise the content or the tag was damaged or forged on the way; without auth_key=
hanparse decodes the push and marks it as not verified"""
TAG_DAMAGED: Final = """the authentication tag does not fit, although the keys fitted earlier pushes of this meter: the
content or the tag was damaged or forged on the way"""
TAG_AND_CONTENT: Final = """the authentication tag does not fit and the content is not complete, although the encryption
key is right: the content or the tag was damaged, cut off or forged on the way"""
TAG_IN_CLEAR: Final = """the authentication tag does not fit the content, which is not encrypted: the content or the tag
was damaged or forged on the way, or one of the keys is wrong"""
INCOMPLETE: Final = """the encryption key is right, but the content is not one complete push: bytes were damaged or lost
on the way"""
INCOMPLETE_IN_CLEAR: Final = """the content, which is not encrypted, is not one complete push: bytes were damaged or
lost on the way"""
NESTED: Final = "the deciphered content is ciphered again, and hanparse does not read content that is ciphered twice"
NO_PUSH: Final = "the keys are right, but the content is not a push: {what}"
