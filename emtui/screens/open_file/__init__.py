"""Opening a file or a folder: the tree, how it would be read, and the columns to use."""
