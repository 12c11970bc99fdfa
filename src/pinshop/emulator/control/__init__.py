"""The routes below /_emulator/ and the console."""
