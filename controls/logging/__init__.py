"""Whether what models put out is logged: the endpoints, where each logs to, and how that is kept."""
