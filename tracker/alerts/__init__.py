"""Tells subscribers what changed. Knows no web pages and no coding rules.

A change becomes deliveries (`outbox.owe`), a delivery becomes a message (`messages`), a message goes
out through a channel (`channels`, `webhook`); `feeds` is for those who would rather ask.
"""
