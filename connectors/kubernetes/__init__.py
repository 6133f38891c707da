"""Kubernetes: populations of a cluster, read with the official client. Secrets and config maps are never read."""
