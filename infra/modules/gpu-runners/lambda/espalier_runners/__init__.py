"""GPU runners that exist while a job needs them: what the Lambdas of this module run.

``ports`` says what the decisions need from the world, ``scale_up``, ``reconcile`` and ``reap`` decide, ``aws`` and
``github`` are the world, ``handlers`` is what Lambda calls. Nothing below ``handlers`` reads the clock or the
environment, so that tests and the simulation run the very code that runs in the account.
"""
