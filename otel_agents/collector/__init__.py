"""The local collector: receives, stores, answers and shows."""
