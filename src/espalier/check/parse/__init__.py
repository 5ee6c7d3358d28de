"""Parsers that remember lines and survive anything: each returns what it understood and says where it stopped."""
