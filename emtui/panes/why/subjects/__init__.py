"""What the why pane can show, one subject a file; `registry` has their order."""
