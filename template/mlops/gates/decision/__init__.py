"""Decision: how an estimate with bounds becomes a verdict, with the reason and the rows that would settle it."""
