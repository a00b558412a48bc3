"""Takes OTLP over HTTP and gRPC and hands spans on."""
