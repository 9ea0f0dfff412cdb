"""The durable queue: one SQLite file, one writer. Knows bytes and numbers, not touches, topics or brokers."""
