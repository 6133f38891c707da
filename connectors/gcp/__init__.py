"""Google Cloud: Vertex AI and Cloud Monitoring, read through REST, and Cloud Logging, read over gRPC."""
