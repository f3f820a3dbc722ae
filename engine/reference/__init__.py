"""Published values, and replays that step beside them."""
