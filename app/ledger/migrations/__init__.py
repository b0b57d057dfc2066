"""The ledger's history of shapes; run by ``app.ledger.migrate``, never imported."""
