"""The pair plot."""
