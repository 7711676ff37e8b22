"""The user's own texts and tables, as tasks."""
