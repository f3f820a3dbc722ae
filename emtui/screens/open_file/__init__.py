"""Opening data of one's own."""
