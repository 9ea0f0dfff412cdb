"""Disks that fail to order: slow, refusing, full, and without power. For tests and the laboratory."""
