"""GPU runners that exist while a job needs them: the code of this module's Lambda functions.

``ports`` declares the interfaces to AWS and GitHub, ``scale_up``, ``reconcile`` and ``reap`` decide, ``aws`` and
``github`` implement the interfaces, and ``handlers`` contains the entry points for Lambda. Only ``handlers`` reads the
clock and the environment, so that tests and the simulation run the same code as the account.
"""
