"""One data file a maker, and no code."""
