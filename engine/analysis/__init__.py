"""Questions about a fit: convergence, overlap, the bound along a line, evaluation, selection, starts, studies."""
