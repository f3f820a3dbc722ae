"""The app itself, the first frame, the command palette, and Python's garbage collector kept out of the way."""
