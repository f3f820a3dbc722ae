"""The guide: the list of chapters and the text of one. The chapters are Markdown files in emtui/guide."""
