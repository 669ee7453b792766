"""Contains the profiles of all makers. Each maker has one module. The modules contain data and no functions."""
