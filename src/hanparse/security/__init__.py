"""Opens ciphered APDUs with keys, and verifies their authentication tags."""
