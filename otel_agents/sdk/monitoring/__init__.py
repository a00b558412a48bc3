"""The program's own figures: health, metrics_collector and their views, with no collector."""
