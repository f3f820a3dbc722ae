"""Pane 2: the model and its options."""
