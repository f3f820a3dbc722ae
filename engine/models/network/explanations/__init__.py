"""Steps of a network worked out line by line: a row, a weight."""
