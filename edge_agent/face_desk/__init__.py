"""Faces at the desk: enrolled, told of, handed out, erased, and kept in step with roster and ledger."""
