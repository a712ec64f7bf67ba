"""The schema's history, one file a step."""

#: The newest revision; a test compares it with the files.
HEAD = "0011"
