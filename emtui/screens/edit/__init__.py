"""Parameters and row weights moved by hand."""
