"""How many examples a property is tried on: a usual number, times what `--examples` says."""

share = 1.0


def examples(usual: int) -> int:
    """So many of them."""
    return max(1, round(share * usual))
