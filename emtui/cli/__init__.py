"""The shell: words, and what they print; no screen here."""
