"""The pane of the model and its options, which is a form."""
