"""Widgets that know no pane: tables, fields, lists, tabs."""
