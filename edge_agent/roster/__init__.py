"""Who belongs to the site: tables that people keep in spreadsheets, read, compared and written. Opens no gate."""
