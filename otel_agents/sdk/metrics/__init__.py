"""Metrics: the program's own, those of the conventions, and the machine's; nothing runs until they are switched on."""
