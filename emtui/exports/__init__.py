"""What is written to files: tables, pictures, pages, and scripts and notebooks that make the same run."""
