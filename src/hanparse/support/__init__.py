"""A report for a meter that is not read, with the numbers of meters replaced."""
