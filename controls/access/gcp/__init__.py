"""Effective access in Google Cloud, from recorded policies, roles and deny rules alone.

Source: IAM documentation, "Policy evaluation", "Understanding allow policies" and "Deny policies".
"""
