"""The parameters pane: θ as a table, and the cursor on its entries."""
