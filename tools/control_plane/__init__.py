"""A Kubernetes control plane on loopback, with real controllers and without containers.

``Cluster`` starts the API server with its controllers. ``argocd``, ``rollouts`` and ``prometheus`` start more programs
for it, and ``git_server`` publishes repositories for Argo CD. ``build`` compiles the programs, and
``check_programs`` checks for those that the system must provide.
"""
