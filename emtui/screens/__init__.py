"""The screens: explore, compare, help, and the dialogs."""
