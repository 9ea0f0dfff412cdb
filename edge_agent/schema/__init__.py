"""The published contract as files, for whoever reads the broker. They are generated; see `edge_agent.core.schema`."""
