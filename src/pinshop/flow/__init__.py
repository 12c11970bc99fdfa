"""Decisions: generators and values. No socket, file, lock, sleep or clock."""
