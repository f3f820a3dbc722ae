"""The app itself: themes, keys, the first frame and the command palette."""
