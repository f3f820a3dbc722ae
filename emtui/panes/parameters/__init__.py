"""The pane of the parameters in numbers."""
