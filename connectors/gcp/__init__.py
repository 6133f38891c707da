"""Google Cloud: Vertex AI's models, versions and endpoints, read through the REST API."""
