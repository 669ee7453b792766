"""Contains the modules that the link layers share: the search for frames, CRCs, messages, links and counters."""
