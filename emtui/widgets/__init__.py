"""Tables, fields, lists and tabs: they know no pane."""
