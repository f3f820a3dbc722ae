"""Pictures that are no characters: scenes become shapes, and shapes a figure for a slide or a paper (SVG, PDF)."""
