"""The bench: what developers, tests and the demo run beside the operator. Nothing here is part of a deployment."""
