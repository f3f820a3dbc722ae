"""The model pane: a form with the model's options, the seed and the stopping rule."""
