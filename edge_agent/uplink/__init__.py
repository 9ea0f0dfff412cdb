"""From the spool to the broker: what to send next, how it travels, what counts as received. Never holds up a touch."""
