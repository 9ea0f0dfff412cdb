"""The agent's control socket: how the command line, and later the web page, ask the running agent."""
