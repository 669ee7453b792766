"""A-XDR (IEC 61334-6) <-> typed values.

`data` has the types, and one table of those of fixed size; `grammar` and `primitives` declare them in construct, which
reads and builds; `bounded` keeps hostile bytes harmless; `length` reads a length where no grammar is needed.
"""
