"""Parameters and row weights changed by hand, with what would come of it."""
