"""Contains all profiles: one module for each maker, and the modules `austria` and `unnamed` for lists without a maker.

The module `flags` contains no profile, but the makers of P1 telegrams. The modules contain no functions.
"""
