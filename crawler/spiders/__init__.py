"""Which addresses to ask for, in which order."""
