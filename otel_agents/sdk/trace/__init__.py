"""OpenTelemetry's tracing, continued: provider, tracer, span, ids and samplers; providers of others are joined."""
