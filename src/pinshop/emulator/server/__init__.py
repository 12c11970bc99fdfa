"""Ways to reach the emulator: in process, as an ASGI application, as a server in a thread; and the consent pages."""
