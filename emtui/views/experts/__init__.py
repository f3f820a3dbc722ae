"""The view of mixtures of experts: lines or decision regions, and who answers where."""
