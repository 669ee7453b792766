"""What the link layers share: check sequences, frames, link addresses, names of unknown bytes, counters, diagnosis."""
