"""Evidence: its contract (``mlevidence/v1``), the reader of the folder and its tables, and the critical cases."""
