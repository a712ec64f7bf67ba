"""The command, also as `python -m tracker`: starts before anything of the tracker is loaded."""

import gc

gc.disable()  # modules make many objects and no cycles: looking for them was a seventh of a start

from tracker.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
