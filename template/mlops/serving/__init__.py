"""Predictions over HTTP. Stands on ``mlops.model`` and the ``serve`` extra alone, so that the image stays small."""
