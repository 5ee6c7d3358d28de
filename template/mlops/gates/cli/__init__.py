"""The command line: judge, lint and plan-sample, and how they print a verdict."""
