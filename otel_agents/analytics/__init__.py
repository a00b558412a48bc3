"""Statistics over figures the callers bring; pure."""
