"""Tables and folders of texts from files: encoding, dialect, columns, cells."""
