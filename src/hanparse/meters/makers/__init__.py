"""The profiles of all makers. Each maker has one module, which contains data and no functions."""
