"""Reads the version of an installed package."""

from importlib import metadata


def version(name: str) -> str:
    """Return the version of a package, or "(version unknown)" if it has no metadata, for example in a zip archive."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(version unknown)"
