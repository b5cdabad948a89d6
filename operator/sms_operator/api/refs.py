"""References: by name, in the same namespace."""

from __future__ import annotations

from .base import ApiModel
from .values import DataKey, ObjectName


class ObjectRef(ApiModel):
    """An object of the same namespace."""

    name: ObjectName
    """Name of the object, in the same namespace."""


class SecretRef(ApiModel):
    """A Secret of the same namespace."""

    name: ObjectName
    """Name of the Secret, in the same namespace."""


class PasswordRef(SecretRef):
    """A password in a Secret of the same namespace."""

    key: DataKey = "password"
    """Key of the Secret that holds the password."""


class CertificateKeyRef(SecretRef):
    """A certificate in a Secret of the same namespace."""

    key: DataKey = "tls.crt"
    """Key of the Secret that holds the certificate; its extension says what it is."""


class PrivateKeyRef(SecretRef):
    """A private key in a Secret of the same namespace."""

    key: DataKey = "tls.key"
    """Key of the Secret that holds the private key."""


class ConfigMapKeyRef(ApiModel):
    """A value in a ConfigMap of the same namespace."""

    name: ObjectName
    """Name of the ConfigMap, in the same namespace."""
    key: DataKey = "ca.crt"
    """Key of the ConfigMap that holds the certificate; its extension says what it is."""
