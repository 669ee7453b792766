"""Parses and builds COSEM data in A-XDR (IEC 61334-6).

`data` defines Python types for the values. `grammar` and `primitives` declare the encoding of values with the library
construct, which parses and builds the values. `bounded` limits the time and memory that forged bytes cost. `length`
reads and writes a length or count without construct.
"""
