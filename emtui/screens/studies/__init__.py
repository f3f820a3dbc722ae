"""Screens that run EM many times."""
