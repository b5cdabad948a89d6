"""Declarative SMS gateways and channels: a Kubernetes operator that keeps SMPP binds up."""

__version__ = "0.1.0"
