"""Rows and who they belong to."""
