"""The report about a model: evidence and verdict, as an HTML page and as a pull request comment."""
