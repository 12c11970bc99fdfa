"""A stateful local Pinterest for the shopping-ads slice: `Emulator`.

    from pinshop import Client
    from pinshop.emulator import Emulator

    emulator = Emulator(now="2026-03-01T12:00:00Z")
    client = Client(emulator.access_token, transport=emulator.transport())

It imports nothing of pinshop but ``api`` and the errors; a server needs the extra ``pinshop[emulator]``.
"""

from pinshop.emulator.emulator import Emulator

__all__ = ["Emulator"]
