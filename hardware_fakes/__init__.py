"""Simulated hardware at the lowest level there is: for tests, training and the demo. Nothing on a gateway imports it."""
