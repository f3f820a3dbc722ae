"""The `emtui` command without a screen: its words, its runs, and the reports that it prints."""
