"""What a user picked (`RunSpec`): made from words, from a form or from files, and turned into words again."""
