"""The sections of the report: each module computes one part from the evidence."""
