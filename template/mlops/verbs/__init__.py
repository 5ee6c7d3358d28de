"""One module a verb: ``add_arguments`` declares its options, ``run`` does its work and returns the exit code."""
