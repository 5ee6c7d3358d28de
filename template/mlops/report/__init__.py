"""The report: evidence and verdict on one page, for the person who decides."""
