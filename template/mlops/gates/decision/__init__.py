"""Decision: turn an estimate with bounds into a verdict, its reason, and the number of rows that would settle it."""
