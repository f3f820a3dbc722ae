"""Python scripts that make the same numbers with `engine`: of a run, and of a session with its branches."""
