"""A helpdesk one can run: vendors' API shapes over HTTP, and an inbox page for a person."""
