"""Events and receipts on a USB stick: the way round a network that does not come. Sends nothing over one."""
