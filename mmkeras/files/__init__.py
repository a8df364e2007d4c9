"""Files: atomic writes, locking, digests, and reads with size limits."""
