"""The handlers, one subject a file; their addresses all stand in `web/routes/`."""
