"""Learning from what agents really send."""
