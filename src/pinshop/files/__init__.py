"""What is kept on disk: one atomic write, one lock, the journal of a batch, the quotas that processes share."""
