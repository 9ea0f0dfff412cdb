"""A whole site of real processes, faults drawn by a seed, and every answer of a lamp looked for at the office."""
