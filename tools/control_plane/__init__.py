"""A Kubernetes control plane on loopback, with real controllers and without containers.

``Cluster`` is the API server with what makes it live; ``argocd``, ``rollouts`` and ``prometheus`` start more beside it,
and ``git_server`` is what Argo CD reads. The programs come from ``build``.
"""
