"""Two things side by side over the explorer."""
