"""Shared code of the gates: errors, typed parsing of JSON and YAML data, digests, text output, suggestions."""
