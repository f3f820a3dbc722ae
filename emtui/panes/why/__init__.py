"""The why pane: the ledger, and one row or one parameter worked out in its own numbers."""
