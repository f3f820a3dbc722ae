"""Supervised models: the split, EM and backpropagation side by side, regions, sweeps and costs; no Textual here."""
