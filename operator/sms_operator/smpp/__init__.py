"""How the wire speaks: SMPP 3.4 as an ESME. Knows nothing of Kubernetes, and but for `transport` nothing of sockets."""
