"""Dialogs: short questions over a screen."""
