"""The human half of an access review: its packet, its submission, its signature."""
