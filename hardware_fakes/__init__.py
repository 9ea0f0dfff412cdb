"""Simulated hardware at the lowest level that can be had. For tests, training and the demo: nothing on a gateway imports it."""
