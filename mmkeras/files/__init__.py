"""Files on disk: whole or absent, one writer at a time, read within limits."""
