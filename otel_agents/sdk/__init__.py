"""What runs inside the traced program."""
