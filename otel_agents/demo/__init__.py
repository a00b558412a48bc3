"""A small team of agents over real work, to see the tool with."""
