"""The way of an ended span: a queue, stages one after the other, and the destinations."""
