"""The notations of a hex dump, one file each: text -> `Piece`s, the bytes and where in the text they stood."""
