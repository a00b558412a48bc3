"""Alert rules and states. Pure."""
