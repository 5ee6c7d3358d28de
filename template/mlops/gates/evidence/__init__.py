"""Evidence: its contract (``mlevidence/v1``), the readers of the folder and its tables, and the critical cases."""
