"""Windows, quantiles and rules: spans in, health out. Pure."""
