"""GitHub: merged pull requests and their reviews, read through the REST API."""
