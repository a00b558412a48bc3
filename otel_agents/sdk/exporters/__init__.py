"""Where finished spans go: destinations with their queues, encoding, sending, and the spool."""
