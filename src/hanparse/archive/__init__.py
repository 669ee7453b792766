"""Decodes captures of any size to Arrow record batches: `batches`. Needs the extra `archive`: numpy and pyarrow."""

from __future__ import annotations

from hanparse.archive.batches import Batches, batches

__all__ = ["Batches", "batches"]
