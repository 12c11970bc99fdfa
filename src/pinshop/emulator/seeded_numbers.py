"""Numbers and tokens that follow from a seed: the same on every machine, and like none of Pinterest's."""

from __future__ import annotations

import hashlib


def digest(*parts: object) -> int:
    """A number that depends on nothing but ``parts``; the same on every machine."""
    return int.from_bytes(hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest())


def secret(seed: int, *parts: object) -> str:
    """A token that looks like none of Pinterest's."""
    return "emulated_" + hashlib.blake2b("|".join(map(str, (seed, *parts))).encode(), digest_size=16).hexdigest()
