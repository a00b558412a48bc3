"""What must be transactional and is no telemetry: keys, sessions, the audit log, and what users make."""
