"""The ledger: what happened, what must still happen, and the text that answers rest on."""
