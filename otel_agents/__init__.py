"""OpenTelemetry tracing for AI agents: the SDK's public names, and nothing else."""
