"""The boxes of the explorer: each shows one snapshot and posts messages; none takes a step."""
