"""Code that tests share, and the simulations that scripts and benchmarks run too; imported as ``support``."""
