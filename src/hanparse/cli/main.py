"""Parses the command line and runs a command of `hanparse`, also as `python -m hanparse`."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, Final, NoReturn

from hanparse.cli.console import DECODED, INTERRUPTED, NOTHING, complain
from hanparse.cli.keys import check_keys, hide_secrets
from hanparse.errors import HanParseError
from hanparse.versions import version

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: Final = {
    "decode": "decode bytes or hex dumps to measurements",
    "explain": "show the meaning of every byte",
    "diagnose": "find the faults of a connection, and what to do about them",
    "obis": "show the meaning of OBIS codes, or find codes by words",
    "report": "write a report for an issue, without the numbers of your meter",
    "archive": "convert captures to Parquet files, by meter and day",
    "bridge": "send the values of a meter to MQTT, Home Assistant, Prometheus and databases",
    "watch": "show the values of a meter live in the terminal",
    "probe": "find the speed and the parity of a meter at a serial port",
    "simulate": "send the pushes of a simulated meter to a TCP port, a pseudo terminal or a file",
    "demo": "decode a real push of each of three manufacturers",
}
"""The commands with their descriptions in the help. `hanparse.cli.commands` has a module of each name."""

_EPILOG: Final = """\
"hanparse COMMAND --help" describes the arguments of a command, with examples.

environment:
  HANPARSE_KEY, HANPARSE_AUTH_KEY  the keys of a ciphered meter
  HANPARSE_SOURCE                  the URL of the source, for bridge and watch
  HANPARSE_SINK                    the URLs of the sinks, for bridge
  HANPARSE_CT, HANPARSE_TIMEZONE   the values of --ct and --timezone, for bridge
  NO_COLOR                         no colours in tables and in watch

exit status:
  0    pushes were decoded, or codes were found
  1    nothing was decoded or found, or the output could not be written
  2    a file could not be read, or an argument is wrong
  130  the command was interrupted

examples:
  hanparse demo
  hanparse decode capture.bin
  hanparse diagnose capture.bin
"""


class _Parser(argparse.ArgumentParser):
    """A `_Parser` shows no key and no password in its error messages. It also makes the parsers of the commands."""

    def error(self, message: str) -> NoReturn:
        """Print the message and exit with status 2. `argparse` includes wrong arguments, which may contain a key."""
        super().error(hide_secrets(message))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    The status is 0 on success, 1 if nothing was decoded or found or the output could not be written, 2 if a file could
    not be read, and 130 after an interrupt. Wrong arguments end the program with status 2.
    """
    args = parsed(sys.argv[1:] if arguments is None else arguments)
    if sys.stdout is None:
        complain("standard output is closed")
        return NOTHING
    if isinstance(sys.stdout, TextIOWrapper):  # a character that is missing in the encoding of the output is escaped
        sys.stdout.reconfigure(errors="backslashreplace")
    return _run(args)


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed arguments.

    Without a command, print the help and exit with 0. Exit with 2 for wrong arguments.
    """
    parser = _Parser(
        prog="hanparse",
        description="Decode what a smart meter sends out of its HAN or P1 port.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"hanparse {version('hanparse')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    completes = "_ARGCOMPLETE" in os.environ
    for name, words in COMMANDS.items():
        command = commands.add_parser(name, help=words)
        if completes or name in arguments[:1]:  # only the module of this command is imported
            _module(name).add(command)
            command.set_defaults(refuse=command.error)
    if completes:
        _complete(parser)
    args = parser.parse_args(arguments)
    if args.command is None:
        parser.print_help()
        parser.exit()
    check_keys(parser, args)
    return args


def _complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell, which asks how to complete a command line, if the extra "cli" is installed."""
    try:
        import argcomplete  # noqa: PLC0415  the extra "cli"
    except ImportError:
        return
    argcomplete.autocomplete(parser)


def _module(command: str) -> Any:  # noqa: ANN401  a module
    return import_module(f"hanparse.cli.commands.{command}")


def _run(args: argparse.Namespace) -> int:
    try:
        status: int = _module(args.command).run(args)
        sys.stdout.flush()
    except BrokenPipeError:
        _give_up_output()  # the program that reads the pipe has ended, for example `head`; this is not an error
        return DECODED
    except KeyboardInterrupt:
        sys.stdout.flush()
        return INTERRUPTED
    except (HanParseError, OSError) as error:
        complain(str(error))
        try:
            sys.stdout.flush()
        except OSError:
            _give_up_output()  # for example, the device is full
        return NOTHING
    return status


def _give_up_output() -> None:
    """Discard the remaining output. Otherwise Python reports an error when it flushes standard output at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
