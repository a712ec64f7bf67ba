"""Knows the web, knows nothing about meaning."""
