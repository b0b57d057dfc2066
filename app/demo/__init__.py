"""The demo's invented company, and the loader for anybody's own articles and tickets."""
