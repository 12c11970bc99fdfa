"""Whether something has come on a connection on which nothing is under way."""

from __future__ import annotations

import select


def has_arrived(descriptor: int) -> bool:
    """Bytes, the end, or an error wait at this socket. What came unasked belongs to no request."""
    if descriptor < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
