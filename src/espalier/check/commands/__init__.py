"""The commands that the files of a repository contain, one module for each kind of file."""
