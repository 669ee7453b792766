"""A-XDR (IEC 61334-6) <-> typed values: the types, their grammar, and the bounds that keep hostile bytes harmless."""
