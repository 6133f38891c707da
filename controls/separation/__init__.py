"""What separates the namespaces of tenants in clusters: the network, access rules and storage. SEG-4 is made of it."""
