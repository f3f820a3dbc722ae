"""Published values, replays that step beside them, and the study of networks from many seeds."""
