"""The other end: takes what gateways send, commits it, and only then says so. Interprets no touch."""
