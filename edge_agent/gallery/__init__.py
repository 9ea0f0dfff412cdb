"""Enrolled faces of one prime contractor: numbers and consents, sealed, in files of their own. No pictures."""
