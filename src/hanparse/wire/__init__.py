"""What the link layers share: the search for frames, check sequences, messages, links, counters."""
