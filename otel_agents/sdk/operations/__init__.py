"""What a program says it does: operations, begun by a block or a decorator, and what can be said of them."""
