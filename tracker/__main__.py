"""`python -m tracker`: the command, where no script of that name is on the PATH."""

from tracker.cli import main

main()
