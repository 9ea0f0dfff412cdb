"""A whole site, real processes, faults drawn by a seed; at the end every answer at a lamp is looked for at the office."""
