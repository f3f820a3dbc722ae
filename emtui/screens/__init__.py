"""What fills the window: the explorer, what lies over it, and the dialogs."""
