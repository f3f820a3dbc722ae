"""What is written to files: steps, parameters, pictures as text, and scripts that make the same run."""
