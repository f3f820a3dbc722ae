"""What a user picked: from words, from a form, from a file."""
