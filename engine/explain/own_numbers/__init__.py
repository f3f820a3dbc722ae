"""A reader's own numbers of a step beside the engine's: where they disagree, and which usual slip explains it."""
