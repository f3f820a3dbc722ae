"""Pane 9: the ledger, and one row or one parameter in numbers."""
