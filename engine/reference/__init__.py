"""Published values, replays beside them, and studies."""
