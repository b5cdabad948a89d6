"""A Kubernetes control plane on this machine, for tests and the demo: real etcd, API server and garbage collector."""

from .client import ApiError, Client, Resource
from .go import CannotBuild
from .plane import ControlPlane, Kubectl
from .programs import Programs, find_programs
from .progress import Lines, Progress, Silent
from .serve import serve

__all__ = [
    "ApiError",
    "CannotBuild",
    "Client",
    "ControlPlane",
    "Kubectl",
    "Lines",
    "Programs",
    "Progress",
    "Resource",
    "Silent",
    "find_programs",
    "serve",
]
