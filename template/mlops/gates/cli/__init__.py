"""The command line: the verbs judge, lint and plan-sample, and the formats of a verdict."""
