"""The verbs of the command line, one module an area: parse, call, print. They know no rule and no SQL."""
