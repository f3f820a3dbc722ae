"""The curves pane: objective and bound at every half-step, or the losses of a network."""
