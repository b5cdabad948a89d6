"""The API server over HTTP: authentication, the few verbs the operator uses, and its errors as types."""
