"""Serve predictions over HTTP. Imports only ``mlops.model`` and the ``serve`` extra, to keep the image small."""
