"""One file for each change of the ledger's shape, in order. Released ones are never edited."""
