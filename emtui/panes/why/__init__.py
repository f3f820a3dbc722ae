"""The pane that says why: the ledger, and one row or one parameter in numbers."""
