"""Adds the options for keys to a command, and reads keys from arguments, files and environment variables."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

from hanparse.security.keys import HIDDEN, Keys, hide_keys, parse_key

if TYPE_CHECKING:
    from hanparse.security.keys import KeyOption

_KEYS: Final = {"key": "encryption key, which deciphers", "auth_key": "authentication key, which verifies"}

_URL_SECRETS: Final = re.compile(r"(?<=\w:)\S.*(?=@)|(?<=[?&])\w+=\S+", re.DOTALL)
"""The user and the password of a URL, and its options. The URL may be malformed."""


class KeyOptions(TypedDict):
    """The options of `Decoder` for ciphered pushes."""

    key: KeyOption
    auth_key: KeyOption
    system_title: str | None


def add_keys(command: argparse.ArgumentParser) -> None:
    """Add the options for keys and for the system title."""
    for name, purpose in _KEYS.items():
        safer = f"@FILE, a file that contains the key, or the environment variable {variable(name)}"
        words = f"the {purpose} pushes; safer: {safer}"
        command.add_argument(f"--{name.replace('_', '-')}", type=_key, metavar="HEX", help=words)
    words = "the system title, 16 hex digits, for a meter whose pushes do not contain it"
    command.add_argument("--system-title", metavar="TITLE", help=words)


def check_keys(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Read each key that was not given on the command line from its environment variable.

    Exit with status 2 if a key or the system title is malformed, or if `--auth-key` is given without `--key`.
    """
    if "key" not in args:
        return
    for name in _KEYS:
        text = os.environ.get(variable(name))
        if text and getattr(args, name) is None:
            try:
                setattr(args, name, parse_key(text))
            except ValueError as error:  # its message does not contain the key
                parser.error(f"environment variable {variable(name)}: {error}")
    try:
        Keys(**key_options(args))
    except ValueError as error:
        parser.error(str(error))


def key_options(args: argparse.Namespace) -> KeyOptions:
    """Return the keys and the system title from the parsed arguments of a command."""
    return KeyOptions(key=args.key, auth_key=args.auth_key, system_title=args.system_title)


def hide_secrets(text: str) -> str:
    """Return a message with arguments of the command in which ``<hidden>`` replaces keys, and the secrets of URLs."""
    return _URL_SECRETS.sub(HIDDEN, hide_keys(text))


def variable(name: str) -> str:
    """Return the name of the environment variable for an option."""
    return f"HANPARSE_{name.upper()}"


def _key(text: str) -> bytes:
    """Parse a key, or the key in the file whose name follows an @."""
    try:
        return parse_key(Path(text[1:]).read_text("ascii").strip() if text.startswith("@") else text)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text[1:]}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise argparse.ArgumentTypeError(f"{text[1:]}: expected the hex digits of a key, found other bytes") from None
    except ValueError as error:  # unlike the message of argparse, this message does not contain the key
        raise argparse.ArgumentTypeError(str(error)) from None
