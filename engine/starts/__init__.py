"""Where EM may begin."""
