"""Let `python -m edge_agent` do what `edge-agent` does."""

from edge_agent.cli import main

raise SystemExit(main())
