"""What this team knows: where the rows come from, what they must look like, and how the model is built."""
