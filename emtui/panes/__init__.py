"""The boxes of the explorer, one a file: each shows a frame and posts messages."""
