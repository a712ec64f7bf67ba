"""The domain: what institutions published, when, in which versions, and what follows from it."""
