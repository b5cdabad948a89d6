"""What can be declared: the nine kinds of `sms-operator.dev/v1alpha1`, their rules and their conditions.

These models are the single source: the CRDs in `crds/` are generated from them, and files are checked offline with the
same models.
"""
