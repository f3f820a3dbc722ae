"""Pages for a browser: one file each, without a network, in light and dark, drawn as SVG by the page itself."""
