"""The team's code: loading the rows, their schema, the features and the model."""
