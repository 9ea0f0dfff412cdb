"""Device families: what was seen, and how an answer is shown. Knows no worker, no site, no spool."""
