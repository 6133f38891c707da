"""How objects of a cluster are named to people."""


def full_name(kind: str, namespace: str, name: str) -> str:
    """Give the kind in lower case and the name, with its namespace where it has one: `rolebinding inference/ci`."""
    return f"{kind.lower()} {namespace}/{name}" if namespace else f"{kind.lower()} {name}"
