"""Pages of the reference that are made of the code: the API, the command line, the settings, the errors."""
