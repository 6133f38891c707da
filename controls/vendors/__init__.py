"""Third-party models in use, and what the vendor register says of their vendors: shared by the VEN controls."""
