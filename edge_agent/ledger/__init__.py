"""The site's own tables, inside the spool's file and transaction. Decides nothing."""
