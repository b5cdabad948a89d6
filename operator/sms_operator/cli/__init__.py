"""The programs a person or a pod starts."""
