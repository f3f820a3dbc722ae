"""One exploration without Textual: session, worker, snapshot, messages, queries and branches."""
