"""The profiles: one data file for each maker, without functions."""
