"""E-steps of a network: exact over all configurations, or an approximation that is drawn or factorised."""
