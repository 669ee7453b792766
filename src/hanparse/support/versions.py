"""The name of an installed package -> its version, also where none is known."""

from importlib import metadata


def version(name: str) -> str:
    """Return the version of a package; words where its files are there without metadata, as in a zip archive."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(version unknown)"
