"""Modules that the link layers share: the search for frames, check sequences, messages, links and counters."""
