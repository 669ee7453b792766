"""Parses and builds COSEM data in A-XDR (IEC 61334-6).

`data` defines the types of values. `grammar` and `primitives` declare their encoding in construct, which parses and
builds. `bounded` limits the cost of hostile bytes. `length` reads a length or count without a grammar.
"""
