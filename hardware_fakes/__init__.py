"""Simulated hardware at the lowest level there is: for tests, training and the demo. No gateway imports it."""
