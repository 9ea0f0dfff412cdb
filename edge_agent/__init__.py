"""The edge daemon: from a sighting at the gate to a receipt from the office."""
