"""What both transports do with the failures of their library."""

from __future__ import annotations


def without_frames(error: BaseException) -> BaseException:
    """The error without its traceback, and without those of its causes.

    The frames of HTTP libraries hold the headers as they are sent, and crash reporters show local variables.
    """
    one: BaseException | None = error
    for _ in range(20):
        if one is None:
            break
        one.__traceback__ = None
        one = one.__cause__ or one.__context__
    return error
