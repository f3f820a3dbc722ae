"""The guide: chapters in Markdown (they lie in emtui/guide), listed, shown and linked to each other."""
