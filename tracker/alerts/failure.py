"""What every channel raises when it could not hand a message over. Knows no channel."""


class SendFailedError(Exception):
    """A channel did not take a message; `permanent` where trying again is useless."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.permanent = reason, permanent
