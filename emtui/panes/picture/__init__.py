"""The picture pane: the data along one or two features, and parameters dragged in it."""
