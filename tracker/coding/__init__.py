"""What the codebook says of a passage, with the words that led there. Pure."""
