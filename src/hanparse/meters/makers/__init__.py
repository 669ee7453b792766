"""Contains the profiles of all makers, with one module for each maker. The modules contain no functions."""
