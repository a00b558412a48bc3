"""Who asks and what they may: keys, sessions of the pages, limits, and the log of what was done."""
