"""One exploration without a screen: session, worker, snapshot, messages, queries and branches."""
