"""Effective access in a Kubernetes cluster, from recorded roles, bindings, workloads and claims alone.

Source: Kubernetes documentation, "Using RBAC Authorization" and "Role Based Access Control Good Practices".
"""
