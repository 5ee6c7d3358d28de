"""Evidence: what is known of a model before anybody judges it. ``contract`` says what it looks like on disk."""
