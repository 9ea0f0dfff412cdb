"""What `edge-agent models` does, one module an action: `run(args)`. They alone of the command line load the models."""
