"""Parses and builds COSEM data in A-XDR (IEC 61334-6).

`data` defines the types of values. `grammar` and `primitives` declare the encoding of values in construct, which parses
and builds them. `bounded` limits the time and memory that forged bytes cost. `length` reads a length or count without a
grammar.
"""
