"""Methods to hold EM against, stepped through the same `iterate`."""
