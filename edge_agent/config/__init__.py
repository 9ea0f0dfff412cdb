"""The configuration: declared once in settings, from which loader, example, manual page and check all come."""
