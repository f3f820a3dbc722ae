"""The rows pane: responsibilities of each row, or a network's predictions."""
