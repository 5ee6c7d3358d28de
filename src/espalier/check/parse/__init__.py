"""Parsers that keep line numbers and accept any input: each returns what it parsed and where it stopped."""
