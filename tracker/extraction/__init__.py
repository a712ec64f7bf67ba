"""Bytes to text: what a reader of the page would take as its content. Pure."""
