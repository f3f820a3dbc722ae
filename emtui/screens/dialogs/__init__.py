"""Dialogs: help, export, go to an iteration, yes or no, a row of one's own."""
