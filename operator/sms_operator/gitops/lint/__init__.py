"""What is wrong with manifests: every rule has a code, and every finding a place."""
